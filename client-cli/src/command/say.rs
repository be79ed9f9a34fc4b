//! What more than one verb says beside its result.

use plenary_shared::talk::layer::LayerFault;

use crate::{context::Context, output::inline};

/// Warns of what could not be read in the layers, and so is not in what is shown.
pub fn faults(context: &Context, faults: &[LayerFault]) {
    for fault in faults {
        context.output.remark(|| format!("layer {} of {}: {}", fault.layer, fault.party, inline(&fault.fault.to_string())));
    }
}
