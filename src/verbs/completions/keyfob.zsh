
# Answers behind `keyfob exec … --` as for a line that begins there.
function _keyfob_command() {
    local -i dashes=${words[(ie)--]}
    (( dashes < CURRENT && ${words[(ie)exec]} < dashes )) || return 1
    shift $dashes words
    (( CURRENT -= dashes ))
    _normal
    return 0
}
