# Completion for keyfob in Nushell 0.108 or newer, answered by keyfob itself.
def "nu-complete keyfob" [spans: list<string>] {
    let dashes = $spans | enumerate | where item == "--" | get -o 0.index
    if $dashes != null and $dashes < ($spans | length) - 1 and "exec" in ($spans | take $dashes) {
        return null # somebody else's command, which Nushell completes
    }
    with-env {KEYFOB_COMPLETE: nushell} { ^keyfob -- ...$spans | complete } | get stdout | lines | each {|line|
        let parts = $line | split row --number 2 "\t"
        {value: $parts.0, description: ($parts | get -o 1 | default "")}
    }
}

@complete "nu-complete keyfob"
export extern keyfob []
