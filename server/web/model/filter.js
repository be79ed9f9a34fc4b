// Which points are shown.

/** The filters; `all` shows everything. */
export const FILTERS = ['all', 'open', 'mine', 'merged', 'lapsed', 'private']

/**
 * The ids of the points that a filter and a search leave, or `null` if they leave all. `facts(id)` tells what is known of a point:
 * `{standing, brackets, mine, merged, private}`.
 */
export function chosen(points, filter, search, facts) {
  const wanted = search.trim().toLocaleLowerCase()
  if (filter === 'all' && !wanted) return null
  const holds = {
    all: () => true,
    open: fact => fact.brackets > 0 || ['open', 'opposed', 'reserved', 'lapsed'].includes(fact.standing),
    mine: fact => fact.mine,
    merged: fact => fact.merged,
    lapsed: fact => fact.standing === 'lapsed',
    private: fact => fact.private
  }[filter]
  const reads = point => [point.label, point.heading, point.words].some(text => text.toLocaleLowerCase().includes(wanted))
  return new Set(points.filter(point => holds(facts(point.id)) && (!wanted || reads(point))).map(point => point.id))
}
