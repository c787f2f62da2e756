function __keyfob_command --description 'Answers behind `keyfob exec … --` as for a line that begins there'
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l dashes (contains --index -- -- $words); or return 1
    contains -- exec $words[1..$dashes]; or return 1
    set -e words[1..$dashes]
    set -l current (commandline --current-token --cut-at-cursor)
    complete --do-complete (string join ' ' -- (string escape -- $words) "$current")
    return 0
end
