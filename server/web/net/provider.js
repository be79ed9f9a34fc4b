// A document and the server, over y-protocols. The server's echo of an edit says that it is on its disk, so what is said of each point here
// is true: the stock provider has no acknowledgement, and says nothing of a refusal.
import { Y, awareness, decoding, encoding } from '../vendor.js'
import { Outstanding } from '../model/outstanding.js'

const [SYNC, PRESENCE, DENIED, ASK_PRESENCE] = [0, 1, 2, 3]
const [STEP_1, STEP_2, UPDATE] = [0, 1, 2]
/** Between two attempts, from the first on. */
const WAITS_MS = [100, 300, 1_000, 2_500, 5_000]
/** Presence is renewed and echoed every 15 s: who hears nothing for so long is not connected. */
const SILENCE_MS = 45_000
/** Closed with one of these, coming back as one is would change nothing. */
const final = code => code >= 4400 && code < 4500

/**
 * Keeps `doc` and the server's document the same. `changed` is called whenever something moved that is said about the connection:
 * `connected`, `synced`, `refused` (why nothing more is taken, or null) and what is outstanding.
 */
export class Provider {
  connected = false
  synced = false
  refused = null
  presence
  #address
  #doc
  #changed
  #socket = null
  #outstanding
  #timer
  #failures = 0
  #ended = false

  constructor(address, doc, { pointsOf, changed }) {
    this.#address = address
    this.#doc = doc
    this.#changed = changed
    this.#outstanding = new Outstanding(doc.clientID)
    this.presence = new awareness.Awareness(doc)
    this.presence.setLocalState({})
    this.presence.on('update', this.#present)
    doc.on('update', (update, origin, _doc, transaction) => {
      if (origin === this) return
      this.#outstanding.made(update, pointsOf(transaction))
      if (this.synced) this.#send(SYNC, UPDATE, update)
      this.#changed()
    })
    this.#connect()
  }

  /** The points in which something is not on the server's disk yet. */
  get waiting() {
    return this.#outstanding.points
  }

  /** Whether everything is on the server's disk. */
  get isSafe() {
    return this.#outstanding.isEmpty
  }

  end() {
    this.#ended = true
    clearTimeout(this.#timer)
    this.presence.destroy()
    this.#socket?.close()
  }

  #connect() {
    if (this.#ended || this.refused) return
    const socket = new WebSocket(this.#address)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.connected = true
      this.#send(SYNC, STEP_1, Y.encodeStateVector(this.#doc))
      this.#tell([this.#doc.clientID])
      this.#changed()
    }
    socket.onmessage = ({ data }) => this.#guarded(socket, new Uint8Array(data))
    socket.onclose = ({ code, reason }) => this.#closed(socket, code, reason)
    this.#socket = socket
    this.#alive()
  }

  #alive() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket?.close(), SILENCE_MS)
  }

  #guarded(socket, bytes) {
    if (socket !== this.#socket) return
    this.#alive()
    try {
      this.#heard(decoding.createDecoder(bytes))
    } catch {
      // What cannot be read is not this document's: a new connection begins anew.
      socket.close()
    }
    this.#changed()
  }

  #heard(message) {
    const kind = decoding.readVarUint(message)
    if (kind === SYNC) return this.#synced(decoding.readVarUint(message), decoding.readVarUint8Array(message))
    if (kind === PRESENCE) return awareness.applyAwarenessUpdate(this.presence, decoding.readVarUint8Array(message), this)
    if (kind === ASK_PRESENCE) return this.#tell([this.#doc.clientID])
    if (kind !== DENIED) return
    decoding.readVarUint(message)
    this.refused = decoding.readVarString(message)
  }

  #synced(step, bytes) {
    if (step === STEP_1) {
      this.#outstanding.holds(Y.decodeStateVector(bytes).get(this.#doc.clientID) ?? 0)
      this.#send(SYNC, STEP_2, Y.encodeStateAsUpdate(this.#doc, bytes))
      // What is made from here on goes by itself, behind what was just sent.
      this.synced = true
      return
    }
    if (step === STEP_2) this.#failures = 0
    Y.applyUpdate(this.#doc, bytes, this)
    this.#outstanding.heard(bytes)
  }

  #closed(socket, code, reason) {
    if (socket !== this.#socket) return
    clearTimeout(this.#timer)
    this.connected = this.synced = false
    this.#socket = null
    if (final(code)) this.refused = reason || String(code)
    const gone = [...this.presence.getStates().keys()].filter(client => client !== this.#doc.clientID)
    awareness.removeAwarenessStates(this.presence, gone, this)
    if (!this.#ended) {
      this.#timer = setTimeout(() => this.#connect(), WAITS_MS[Math.min(this.#failures++, WAITS_MS.length - 1)])
      this.#changed()
    }
  }

  #present = ({ added, updated, removed }, origin) => {
    const own = [...added, ...updated, ...removed].filter(client => client === this.#doc.clientID)
    if (own.length && origin !== this) this.#tell(own)
    this.#changed()
  }

  #tell(clients) {
    this.#send(PRESENCE, null, awareness.encodeAwarenessUpdate(this.presence, clients))
  }

  #send(kind, step, bytes) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    const message = encoding.createEncoder()
    encoding.writeVarUint(message, kind)
    if (step !== null) encoding.writeVarUint(message, step)
    encoding.writeVarUint8Array(message, bytes)
    this.#socket.send(encoding.toUint8Array(message))
  }
}
