// What this device wrote and the server has not acknowledged: its echo says that an edit is on the server's disk.
//
// Written text is acknowledged once the server tells of our own letters that far. Deletions tell of themselves only as what they
// delete: they are acknowledged once the server has told of the same deletions.
import { Y } from '../vendor.js'

/** Edits of one document under one client id, in their order. */
export class Outstanding {
  #client
  #waiting = []
  #acknowledged = 0

  constructor(client) {
    this.#client = client
  }

  /** An edit was made here, in these points. */
  made(update, points) {
    const { structs, ds } = Y.decodeUpdate(update)
    const own = structs.filter(({ id }) => id.client === this.#client).map(one => one.id.clock + one.length)
    this.#waiting.push({ end: Math.max(0, ...own), deleted: ranges(ds), points: new Set(points) })
  }

  /** The server told an update. */
  heard(update) {
    const { structs, ds } = Y.decodeUpdate(update)
    // A gap that the update leaves out is nothing that it tells.
    for (const one of structs) {
      if (one.id.client === this.#client && one.constructor !== Y.Skip) this.holds(one.id.clock + one.length)
    }
    const told = ranges(ds)
    for (const edit of this.#waiting) edit.deleted = edit.deleted.flatMap(range => without(range, told))
    this.#settle()
  }

  /** The server holds so many of our letters. */
  holds(clock) {
    this.#acknowledged = Math.max(this.#acknowledged, clock)
    this.#settle()
  }

  #settle() {
    this.#waiting = this.#waiting.filter(edit => edit.end > this.#acknowledged || edit.deleted.length)
  }

  /** Whether nothing waits. */
  get isEmpty() {
    return this.#waiting.length === 0
  }

  /** The points in which something waits. */
  get points() {
    return new Set(this.#waiting.flatMap(edit => [...edit.points]))
  }
}

/** A delete set as ranges, both ends counted in one client's letters. */
function ranges(ds) {
  return [...ds.clients].flatMap(([client, items]) => items.map(({ clock, len }) => ({ client, from: clock, to: clock + len })))
}

/** What is left of a range. */
function without(range, told) {
  let left = [range]
  for (const { client, from, to } of told) {
    if (client !== range.client) continue
    left = left.flatMap(one =>
      [
        { client, from: one.from, to: Math.min(one.to, from) },
        { client, from: Math.max(one.from, to), to: one.to }
      ].filter(part => part.from < part.to)
    )
  }
  return left
}
