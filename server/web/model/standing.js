// The matrix of who stands where, with every cell in it. Only what parties say is written down; the rest follows from the points above
// (`shared/src/talk/standing/rows.rs`).

/** The glyph of each standing; the word stands beside it always. */
export const GLYPHS = { agreed: '●', opposed: '✕', reserved: '◐', lapsed: '↺', open: '○', struck: '–' }

/** The glyph of each stance. */
export const STANCES = { accept: '●', lapsed: '↺', reserve: '◐', oppose: '✕', none: '·' }

/** Each point's cells by party. */
export function rows(matrix) {
  const path = []
  return matrix.points.map(point => {
    while (path.length && path.at(-1).depth >= point.depth) path.pop()
    const alone = point.struck && !point.struck_with
    const above = alone ? undefined : path.at(-1)?.covers
    const said = new Map(point.cells.map(cell => [cell.party, cell]))
    const cells = matrix.parties.map(({ party }) => said.get(party) ?? above?.get(party) ?? { party, stance: 'none' })
    path.push({ depth: point.depth, covers: new Map(cells.filter(cell => cell.stance === 'accept').map(covering(point))) })
    return { point, cells }
  })
}

const covering = point => cell => [
  cell.party,
  {
    party: cell.party,
    stance: 'accept',
    via: cell.via ?? point.point,
    ad_referendum: cell.ad_referendum,
    returned: cell.returned
  }
]

/** A point and all below it that is in its words, out of a list in document order. */
export function below(points, id) {
  const at = points.findIndex(point => point.id === id)
  if (at < 0) return []
  const out = [points[at]]
  let struck = Infinity
  for (const point of points.slice(at + 1)) {
    if (point.depth <= points[at].depth) break
    if (point.depth <= struck) struck = Infinity
    if (point.struck) struck = Math.min(struck, point.depth)
    if (struck === Infinity) out.push(point)
  }
  return out
}
