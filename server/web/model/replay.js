// What happened in a plan, from the records of its log: each is put on top of those before it, and what it changed is read off.
import { Y } from '../vendor.js'

/** Changes of one record that are told one by one. */
const CHANGES_MAX = 50
/** What of a point is compared, and told by this name. */
const FIELDS = ['words', 'heading', 'label', 'struck', 'place', 'schedule']

/** A document made of a log's records. */
export class Replay {
  #doc = new Y.Doc()
  #points = this.#doc.getMap('points')
  /** What each point said before the record. */
  #said = new Map()

  /** Puts a record on top; answers what it changed: `{point, label, kind, before, after}`. */
  add(update) {
    const touched = new Set()
    const note = ({ changed }) => {
      for (const [type, keys] of changed) {
        if (type === this.#points) keys.forEach(key => touched.add(key))
        else touched.add(this.#pointOf(type))
      }
    }
    this.#doc.on('beforeObserverCalls', note)
    Y.applyUpdate(this.#doc, update)
    this.#doc.off('beforeObserverCalls', note)
    const changes = [...touched].filter(Boolean).flatMap(id => this.#changed(id))
    return { changes: changes.slice(0, CHANGES_MAX), more: Math.max(0, changes.length - CHANGES_MAX) }
  }

  #changed(id) {
    const [before, after] = [this.#said.get(id), said(this.#points.get(id))]
    this.#said.set(id, after)
    if (!after) return []
    const change = kind => ({ point: id, label: after.label, kind, before: before?.[kind] ?? '', after: after[kind] })
    if (!before) return [{ ...change('words'), kind: 'added' }]
    return FIELDS.filter(kind => before[kind] !== after[kind]).map(change)
  }

  #pointOf(type) {
    for (let one = type; one; one = one._item?.parent) {
      if (one._item?.parent === this.#points) return one._item.parentSub
    }
    return null
  }
}

function said(point) {
  if (!(point instanceof Y.Map)) return undefined
  const text = name => String(point.get(name) ?? '')
  const place = JSON.stringify([point.get('parent') ?? null, point.get('order') ?? null])
  const schedule = JSON.stringify(point.get('schedule')?.toJSON?.() ?? {})
  return { label: text('label'), heading: text('heading'), words: text('words'), struck: text('struck'), place, schedule }
}
