# For the scripts beside this one to source.

# sources PATTERN...: the project's files of these names, zeros between; without a repository, all
# that are not in the build tree. New files that are not ignored count too.
sources () {
    if git rev-parse --is-inside-work-tree > /dev/null 2>&1; then
        # A file that is deleted but still listed is left out.
        git ls-files -z --cached --others --exclude-standard -- "$@" | while IFS= read -r -d '' file; do
            [ ! -f "$file" ] || printf '%s\0' "$file"
        done
    else
        local patterns=() pattern
        for pattern; do patterns+=(-o -name "$pattern"); done
        find . -path ./build -prune -o -type f \( "${patterns[@]:1}" \) -print0
    fi
}
