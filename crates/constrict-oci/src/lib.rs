//! constrict-oci
