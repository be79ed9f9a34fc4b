// Stock Yjs reads plans. A frame is a length (32 bits, little endian) and so many bytes. Each frame that comes in holds plans, each of them
// three lists of updates: what followers were told, what the log holds, the whole. Each is applied to a document of its own, one by one;
// the frame that goes out says in JSON what those hold.
import { writeSync } from 'node:fs'
import * as Y from 'yjs'

const read = updates => {
  const doc = new Y.Doc()
  const [points, meta, beside] = [doc.getMap('points'), doc.getMap('meta'), doc.getText('text')]
  for (const update of updates) Y.applyUpdate(doc, update)
  const waits = doc.store.pendingStructs !== null || doc.store.pendingDs !== null
  return { points: points.toJSON(), meta: meta.toJSON(), beside: beside.toString(), waits }
}

const answer = frame => {
  let at = 0
  const number = () => { at += 4; return frame.readUInt32LE(at - 4) }
  const bytes = length => { at += length; return frame.subarray(at - length, at) }
  const list = () => Array.from({ length: number() }, () => bytes(number()))
  const plans = []
  while (at < frame.length) plans.push([read(list()), read(list()), read(list())])
  // What is undefined is no JSON; yrs writes null.
  return Buffer.from(JSON.stringify(plans, (_, value) => value === undefined ? null : value))
}

const write = bytes => {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

let [chunks, have] = [[], 0]
for await (const chunk of process.stdin) {
  chunks.push(chunk)
  have += chunk.length
  while (have >= 4) {
    const length = chunks[0].length >= 4 ? chunks[0].readUInt32LE(0) : (chunks = [Buffer.concat(chunks)])[0].readUInt32LE(0)
    if (have < 4 + length) break
    const all = Buffer.concat(chunks)
    const said = answer(all.subarray(4, 4 + length))
    const head = Buffer.alloc(4)
    head.writeUInt32LE(said.length)
    write(head)
    write(said)
    chunks = [all.subarray(4 + length)]
    have = chunks[0].length
  }
}
