//! Search paths of the layouts that are met.

