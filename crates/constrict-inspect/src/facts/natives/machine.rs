//! The processor that an object is made for, by the name that images use for it.

use constrict_elf::Object;

/// `amd64`, `arm64`; the number of `e_machine` where OCI has no name.
pub(crate) fn architecture(object: &Object) -> String {
    object
        .machine
        .oci_architecture(object.class, object.endianness)
        .map_or_else(
            || format!("machine {}", object.machine.0),
            |name| name.to_string(),
        )
}
