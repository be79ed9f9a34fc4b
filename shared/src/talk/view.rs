//! Views: what follows from a dossier, each by a name under which every front end shows it.
//!
//! A new view is one type and one line at the end of this file: then it is there by HTTP, on the command line and in a replica.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    dossier::{AnnotationsView, BracketsView, Dossier, EnteredView, MergedView, OutlineView},
    schedule::{Timetable, timetable},
    standing::Matrix,
};
use crate::{id, people};

/// Which layers a view is made from, and whether it tells who typed what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Needs {
    /// The plan alone.
    Plan,
    /// Positions.
    Positions,
    /// Positions and what is public, and who typed what.
    Public,
    /// All that the member may read, and who typed what.
    All,
}

impl Needs {
    /// Whether a layer is among them.
    pub fn layer(self, layer: &people::Layer) -> bool {
        match layer.layer.as_str() {
            id::POSITIONS => self >= Needs::Positions,
            id::PUBLIC => self >= Needs::Public,
            _ => self >= Needs::All,
        }
    }

    /// Whether it tells who typed what.
    pub fn owners(self) -> bool {
        self >= Needs::Public
    }
}

/// What follows from a dossier. It depends on nothing else: the same dossier makes the same view, byte by byte.
pub trait View: Serialize + DeserializeOwned {
    /// Its name, and the last part of its path.
    const NAME: &'static str;
    /// What the dossier has to be made from.
    const NEEDS: Needs;
    /// The view.
    fn of(dossier: &Dossier) -> Self;
}

/// A view as whoever serves all of them knows it.
pub struct NamedView {
    /// [`View::NAME`].
    pub name: &'static str,
    /// [`View::NEEDS`].
    pub needs: Needs,
    /// The view as JSON.
    pub json: fn(&Dossier) -> serde_json::Result<Vec<u8>>,
}

fn json<V: View>(dossier: &Dossier) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&V::of(dossier))
}

macro_rules! views {
    ($($name:literal from $needs:ident: $view:ty = $of:expr,)*) => {
        $(impl View for $view {
            const NAME: &'static str = $name;
            const NEEDS: Needs = Needs::$needs;
            fn of(dossier: &Dossier) -> Self {
                $of(dossier)
            }
        })*

        /// All views.
        pub const ALL: &[NamedView] = &[$(NamedView { name: $name, needs: Needs::$needs, json: json::<$view> }),*];
    };
}

views! {
    "annotations" from All: AnnotationsView = Dossier::annotations,
    "standing" from Positions: Matrix = Dossier::standing,
    "brackets" from Public: BracketsView = Dossier::brackets,
    "schedule" from Plan: Timetable = |dossier: &Dossier| timetable(&dossier.text.outline),
    "outline" from Plan: OutlineView = Dossier::outline,
    "merged" from Positions: MergedView = Dossier::merged,
    "entered" from Public: EnteredView = Dossier::entered,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_has_a_name_of_its_own_and_a_place_on_the_list() {
        let mut names: Vec<&str> = ALL.iter().map(|view| view.name).collect();
        assert_eq!(
            names,
            [
                AnnotationsView::NAME,
                Matrix::NAME,
                BracketsView::NAME,
                Timetable::NAME,
                OutlineView::NAME,
                MergedView::NAME,
                EnteredView::NAME,
            ]
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
