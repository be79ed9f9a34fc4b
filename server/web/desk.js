// What is open: who one is, the conference, the plan with its views and its live text. The only place where the socket, the stream and what
// is shown meet.
import { Y, batch, computed, signal } from './vendor.js'
import { edit, get, view } from './net/api.js'
import { follow } from './net/changes.js'
import { Provider } from './net/provider.js'
import { UNKNOWN, facts, keeper } from './model/facts.js'
import { others } from './model/presence.js'

/** The views that a page of a plan shows. */
const VIEWS = ['outline', 'standing', 'annotations', 'brackets', 'merged', 'schedule']

/** Who one is; undefined: not asked yet, null: nobody. */
export const who = signal(undefined)
/** Whether one was somebody on this page, until the seat or the device was ended elsewhere. */
export const ended = signal(false)
/** The conference with its parties and members. */
export const conference = signal(null)
/** The plan that is open, or null. */
export const desk = signal(null)
/** Hides everything that not every party may read. */
export const projector = signal(false)
/** Said to whoever cannot see what changed. */
export const announced = signal('')

const NONE = []

/** Asks who one is, and for the conference. */
export async function enter() {
  try {
    const me = await get('/whoami')
    const all = me.kind === 'member' ? await get(`/conferences/${me.conference}`) : null
    batch(() => {
      conference.value = all
      who.value = me
    })
  } catch (error) {
    if (error.status !== 401) throw error
    who.value = null
  }
}

/** The parties in the order of their ids: the same for everybody, and so are their colours. */
export const parties = computed(() => [...(conference.value?.parties ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1)))

/** A plan that is open. */
export class Desk {
  /** Its views by name; null until they came. */
  views = Object.fromEntries(VIEWS.map(name => [name, signal(null)]))
  /** What one may do, and the layers one may read. */
  about = signal(null)
  layers = signal([])
  /** Why it cannot be shown. */
  error = signal(null)
  /** Whether the text has been here: it stays, also while the connection is gone. */
  synced = signal(false)
  doc = new Y.Doc()
  /** What each point is read by, to be shown anew when its text moves. */
  #versions = new Map()
  #link = signal(0)
  #presence = signal(0)
  #provider
  #unfollow
  #asking = null
  #again = false

  constructor(conferenceId, planId) {
    this.conference = conferenceId
    this.plan = planId
    this.path = `/conferences/${conferenceId}/plans/${planId}`
    this.#unfollow = follow(`${this.path}/changes`, () => this.refresh())
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    this.#provider = new Provider(`${scheme}://${location.host}/sync/${conferenceId}/${planId}`, this.doc, {
      pointsOf: transaction => this.#touched(transaction),
      changed: () => this.#moved(() => this.#linked())
    })
    this.points = this.doc.getMap('points')
    this.doc.on('afterTransaction', transaction => {
      for (const id of this.#touched(transaction)) this.#moved(() => this.#version(id).value++, id)
    })
    this.presence.on('change', () => this.#moved(() => this.#presence.value++, 'presence'))
  }

  /** Where a point stands in the text. */
  at(point) {
    return { conference: this.conference, plan: this.plan, look: 'text', point }
  }

  /** Where presence is said. */
  get presence() {
    return this.#provider.presence
  }

  /** What is said of the connection. */
  get connection() {
    return this.#connection.value
  }

  /** Worked out once, however many points ask for it. */
  #connection = computed(() => {
    this.#link.value
    const { connected, synced, refused, waiting, isSafe } = this.#provider
    return { connected, synced, refused, waiting, isSafe }
  })

  /** Who else is here, and where. */
  others = computed(() => {
    this.#presence.value
    return others(this.presence.getStates(), this.doc.clientID, this.doc, type => this.#pointOf(type))
  })

  #keep = keeper()

  #entries = computed(() => {
    const all = Map.groupBy(this.views.annotations.value?.annotations ?? [], one => one.point)
    return new Map([...all].map(([id, entries]) => [id, this.#keep(`entries ${id}`, entries)]))
  })

  #facts = computed(() => {
    const { standing, annotations } = this.views
    const all = facts(standing.value, annotations.value?.annotations, who.value.party)
    return new Map([...all].map(([id, fact]) => [id, this.#keep(`fact ${id}`, fact)]))
  })

  /** The entries at a point that one may read: the same list as long as nothing in it moves. */
  entries(id) {
    return this.#entries.value.get(id) ?? NONE
  }

  /** What is known of a point: the same object as long as nothing in it moves. */
  fact(id) {
    return this.#facts.value.get(id) ?? UNKNOWN
  }

  /** The words of a point as they are now: live where the text is here, else as the server told them. */
  words(point) {
    return this.text(point.id)?.toString() ?? point.words
  }

  /** The heading, likewise. */
  heading(point) {
    this.#version(point.id).value
    const heading = this.synced.value && this.points.get(point.id)?.get?.('heading')
    return heading instanceof Y.Text ? heading.toString() : point.heading
  }

  /** A point's words to be written in, once the text is here. */
  text(id) {
    this.#version(id).value
    const point = this.synced.value ? this.points.get(id) : null
    const words = point instanceof Y.Map ? point.get('words') : null
    return words instanceof Y.Text ? words : null
  }

  /** Asks for everything that is shown, of which nothing is sent that has not moved. Asked for meanwhile, it asks once more. */
  async refresh() {
    this.#again = true
    this.#asking ??= this.#ask().finally(() => (this.#asking = null))
    return this.#asking
  }

  async #ask() {
    while (this.#again) {
      this.#again = false
      try {
        const [about, layers, ...views] = await Promise.all([
          view(this.path),
          view(`${this.path}/layers`),
          ...VIEWS.map(name => view(`${this.path}/${name}`))
        ])
        batch(() => {
          this.about.value = about
          this.layers.value = layers
          VIEWS.forEach((name, at) => (this.views[name].value = name === 'outline' ? this.#kept(views[at]) : views[at]))
          this.error.value = null
        })
      } catch (error) {
        this.error.value = error
        // The seat is gone; what was written and is not on the server's disk stays to be copied.
        if (error.status === 401 && this.#provider.isSafe) batch(() => ((who.value = null), (ended.value = true)))
      }
    }
  }

  #kept(outline) {
    return { ...outline, points: outline.points.map(point => this.#keep(`point ${point.id}`, point)) }
  }

  /** Makes edits, and shows what came of them. */
  async edit(...edits) {
    const applied = await edit(this.path, edits)
    await this.refresh()
    return applied
  }

  /** Ends everything that it holds open. */
  end() {
    this.#unfollow()
    this.#provider.end()
    this.doc.destroy()
  }

  #version(id) {
    if (!this.#versions.has(id)) this.#versions.set(id, signal(0))
    return this.#versions.get(id)
  }

  #linked() {
    if (this.#provider?.synced) this.synced.value = true
    this.#link.value++
  }

  #frame = 0
  #later = new Map()

  /** However much moves, it is shown once a frame. */
  #moved(show, what = 'link') {
    this.#later.set(what, show)
    this.#frame ||= requestAnimationFrame(() => {
      const all = [...this.#later.values()]
      this.#frame = 0
      this.#later.clear()
      batch(() => all.forEach(one => one()))
    })
  }

  #touched(transaction) {
    return [...transaction.changed.keys()].map(type => this.#pointOf(type)).filter(Boolean)
  }

  #pointOf(type) {
    for (let one = type; one; one = one._item?.parent) {
      if (one._item?.parent === this.points) return one._item.parentSub
    }
    return null
  }
}
