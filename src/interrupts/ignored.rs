//! Which signals this process ignores.

/// Whether a signal, by its number, is ignored. Only Linux can say without unsafe code; elsewhere none is
/// taken as ignored, and is then caught, and at its default in a command that `exec` becomes.
pub fn is_ignored(signal: i32) -> bool {
    if !cfg!(any(target_os = "linux", target_os = "android")) {
        return false;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_in(&status, signal)
}

/// The mask has the lowest bit for signal 1.
fn ignored_in(status: &str, signal: i32) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u128::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(signal - 1).ok();
    mask.zip(bit)
        .and_then(|(mask, bit)| mask.checked_shr(bit))
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::ignored_in;

    #[test]
    fn the_mask_counts_from_one() {
        let status =
            "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\tffff\n";
        let ignored: Vec<i32> = (-1..=130).filter(|n| ignored_in(status, *n)).collect();
        assert_eq!(ignored, [1, 13]);
        assert!(!ignored_in("", 1) && !ignored_in("SigIgn:\tx", 1));
    }
}
