// Who else is here, read from presence, which anybody may fill with anything: what makes no sense is nobody's caret.
import { Y } from '../vendor.js'
import { name } from './clean.js'

/**
 * The others in a document: `{client, name, party, point, anchor, head}`, with the place of their caret in the words of a point where they
 * have one. Name and party are those that the server put there.
 */
export function others(states, own, doc, pointOf) {
  const out = []
  for (const [client, state] of states) {
    if (client === own) continue
    const { name: called, party } = state?.user ?? {}
    if (typeof called !== 'string' || typeof party !== 'string') continue
    out.push({ client, name: name(called), party, ...caret(state.cursor, doc, pointOf) })
  }
  return out.sort((a, b) => a.client - b.client)
}

function caret(cursor, doc, pointOf) {
  try {
    const [anchor, head] = [cursor.anchor, cursor.head].map(end => {
      const place = Y.createRelativePositionFromJSON(end)
      return Y.createAbsolutePositionFromRelativePosition(place, doc)
    })
    const point = head && pointOf(head.type)
    if (!point || anchor?.type !== head.type) return {}
    return { point, anchor: anchor.index, head: head.index }
  } catch {
    return {}
  }
}
