#!/bin/sh
# The least that plain git does for a chain of tasks that each change one file: for each a branch, a
# commit, a merge in the object database, a commit of the merge, one transaction of refs, and the
# check-out of the next.
# usage: floor.sh WORKTREE TASKS FILE
set -eu
cd "$1"
git checkout --quiet -b lane
task=1
while [ "$task" -le "$2" ]; do
    git branch "task/$task" lane
    git checkout --quiet "task/$task"
    echo "task $task" >> "$3"
    git commit --quiet --all --message "task $task"
    tree=$(git merge-tree --write-tree lane "task/$task")
    merge=$(git commit-tree -p lane -p "task/$task" -m "Merge task $task" "$tree")
    printf 'update refs/heads/lane %s\ncreate refs/landed/%s %s\n' "$merge" "$task" "$merge" |
        git update-ref --stdin
    task=$((task + 1))
done
