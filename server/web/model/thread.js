// Entries and the replies to them, however deep, as threads.

/**
 * `{head, replies}` in the order of the entries. A reply stands with the entry that all of it began with; one whose beginning is not among
 * the entries begins a thread itself, and so does one of several that reply to each other in a circle.
 */
export function threads(entries) {
  const byId = new Map(entries.map(one => [one.id, one]))
  const heads = new Map()
  const begun = new Map()
  for (const one of entries) {
    const head = beginning(one, byId, heads)
    if (!begun.has(head)) begun.set(head, { head, replies: [] })
    if (one !== head) begun.get(head).replies.push(one)
  }
  return [...begun.values()]
}

/** Where an entry's thread began; `heads` keeps it for all that were passed, so that none is passed twice. */
function beginning(entry, byId, heads) {
  const passed = new Set()
  let at = entry
  while (!heads.has(at) && !passed.has(at) && byId.has(at.reply_to)) {
    passed.add(at)
    at = byId.get(at.reply_to)
  }
  const round = passed.has(at) ? [...passed].slice([...passed].indexOf(at)) : [at]
  const head = heads.get(at) ?? round.reduce((first, one) => (one.id < first.id ? one : first))
  for (const one of passed.add(at)) heads.set(one, head)
  return head
}
