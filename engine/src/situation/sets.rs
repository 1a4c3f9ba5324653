//! Sets that are joined and asked for.

/// Sets that are joined; the least number stands for each.
#[derive(Debug, Default)]
pub(super) struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    /// So many more, each alone.
    pub(super) fn grow(&mut self, n: usize) {
        let end = self.parents.len();
        self.parents.extend(end..end + n);
    }

    /// What stands for the set of one.
    pub(super) fn root(&mut self, at: usize) -> usize {
        let mut root = at;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        let mut on_the_way = at;
        while self.parents[on_the_way] != root {
            on_the_way = std::mem::replace(&mut self.parents[on_the_way], root);
        }
        root
    }

    /// Makes one set of two.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }

    /// Makes each of a whole set stand alone again.
    pub(super) fn scatter(&mut self, whole: &[usize]) {
        for at in whole {
            self.parents[*at] = *at;
        }
    }
}
