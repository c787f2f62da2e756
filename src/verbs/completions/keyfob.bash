# Answers behind `keyfob exec … --` as for a line that begins there.
_keyfob_command() {
    local i exec=
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        exec) exec=1 ;;
        --) break ;;
        esac
    done
    [[ $exec ]] && ((++i <= COMP_CWORD)) || return 1
    compopt +o nospace 2>/dev/null
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$i"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$i"
    else
        compopt -o filenames 2>/dev/null
        local IFS=$'\n' kind=-f
        ((i == COMP_CWORD)) && kind=-c
        COMPREPLY=($(compgen "$kind" -- "$2"))
    fi
    return 0
}

# Joins what bash has split at `:` and `=`, of which scopes and options are full, and leaves in the answers
# what comes behind the last of these.
_keyfob() {
    _keyfob_command "$@" && return
    local line=${COMP_LINE:0:COMP_POINT} head= piece
    local -a words=()
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD}"; do
        if [[ ${#words[@]} -eq 0 || $line == [[:blank:]]* ]]; then
            words+=("$piece")
        else
            words[${#words[@]} - 1]+=$piece
        fi
        line=${line#"${line%%[![:blank:]]*}"}
        line=${line#"$piece"}
    done
    if [[ $line != [[:blank:]]* && ${#words[@]} -gt 1 ]]; then
        head=${words[${#words[@]} - 1]}
        unset "words[${#words[@]} - 1]"
        [[ $line == [:=]* ]] && head+=${line%"$2"}
    fi
    local -a COMP_WORDS=("${words[@]}" "$head$2")
    local COMP_CWORD=${#words[@]}
    _clap_complete_keyfob "$1" "$head$2" "$3"
    [[ $head ]] && COMPREPLY=("${COMPREPLY[@]#"$head"}")
    [[ ${COMPREPLY-} == *. ]] && compopt -o nospace 2>/dev/null # a key that goes on
    return 0
}
