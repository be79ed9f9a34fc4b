// A stock Yjs client that takes one JSON command a line and answers each with one line.
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const doc = new Y.Doc()
// Stock clients define the roots they use; without that a text would show as an untyped root.
const points = doc.getMap('points')
const texts = new Map()
let provider = null
let closed = null
const crowd = []
let manager = null
let editor = null

const text = root => {
  if (!texts.has(root)) texts.set(root, doc.getText(root))
  return texts.get(root)
}

const change = (target, { at, delete: count, insert }) => {
  doc.transact(() => {
    if (count) target.delete(at, count)
    if (insert) target.insert(at, insert)
  })
}

const connected = (url, room, doc, token, via) => {
  const credential = via === 'params' ? { params: { token } } : { protocols: ['plenary', `plenary.token.${token}`] }
  return new WebsocketProvider(url, room, doc, { WebSocketPolyfill: WebSocket, disableBc: true, maxBackoffTime: 250, ...credential })
}

const commands = {
  open ({ url, room, token, via }) {
    provider = connected(url, room, doc, token, via)
    provider.on('connection-close', event => { closed = event ? { code: event.code, reason: event.reason } : null })
  },
  disconnect () { provider.disconnect() },
  connect () { provider.connect() },
  words ({ point, ...edit }) { change(points.get(point).get('words'), edit) },
  text ({ root, ...edit }) { change(text(root), edit) },
  set ({ point, within, key, value }) {
    const map = points.get(point)
    ;(within ? map.get(within) : map).set(key, value)
  },
  remove ({ point, key }) { key ? points.get(point).delete(key) : points.delete(point) },
  // As editors bind a text: changes close to each other in time are one step.
  track ({ point, key }) { manager = new Y.UndoManager(point ? points.get(point).get(key) : points) },
  stop () { manager.stopCapturing() },
  undo () { manager.undo() },
  redo () { manager.redo() },
  add ({ point, label, order }) {
    doc.transact(() => {
      const map = points.set(point, new Y.Map())
      for (const [key, value] of Object.entries({ label, order, struck: false })) map.set(key, value)
      for (const key of ['heading', 'words']) map.set(key, new Y.Text())
    })
  },
  // An editor on a field of a point, which is typed into as a person does.
  async editor ({ point, key }) {
    const { Editor } = await import('./editor.mjs')
    editor = new Editor(points.get(point).get(key), provider.awareness)
  },
  type ({ at, delete: count, insert }) { editor.type(at, count ?? 0, insert) },
  paste ({ at, insert }) { editor.paste(at, insert) },
  press ({ key }) { editor.press(key) },
  presence ({ state }) { provider.awareness.setLocalState(state) },
  state () {
    return {
      client: doc.clientID,
      synced: provider?.synced ?? false,
      connected: provider?.wsconnected ?? false,
      protocol: provider?.ws?._ws?.protocol ?? provider?.ws?.protocol ?? null,
      closed,
      editor: editor?.words() ?? null,
      points: points.toJSON(),
      texts: Object.fromEntries([...texts].map(([root, t]) => [root, t.toString()])),
      presence: provider ? Object.fromEntries(provider.awareness.getStates()) : {}
    }
  },
  // Others beside this one, in the same process.
  crowd ({ url, room, tokens }) {
    process.setMaxListeners(0)
    for (const token of tokens) {
      const one = { provider: connected(url, room, new Y.Doc(), token), closes: [] }
      one.provider.on('connection-close', event => one.closes.push(event?.code ?? null))
      crowd.push(one)
    }
  },
  move ({ cursor }) { for (const { provider } of crowd) provider.awareness.setLocalStateField('cursor', cursor) },
  seen ({ cursor }) {
    const there = ({ provider }) => [...provider.awareness.getStates().values()].filter(state => state.cursor === cursor).length
    return { seen: crowd.map(there), closes: crowd.flatMap(one => one.closes) }
  },
  update () { return { update: Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64') } }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    const command = JSON.parse(line)
    answer = await commands[command.do](command) ?? {}
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
process.exit(0)
