// The server's answers. Every call has a deadline, and what is refused is an error that says why in the server's words.

/** The server did not do what it was asked: `word` is for programs, the message for people. A `status` of 0: it was not reached. */
export class Refused extends Error {
  constructor(status, word, message) {
    super(message)
    this.status = status
    this.word = word
  }
}

/** Longer than the server takes for anything it answers here. */
const DEADLINE_MS = 130_000

/** Views by their path: the tag under which the server knows them, and what they were. */
const known = new Map()
/** As many views are remembered. */
const KNOWN_MAX = 64

async function call(path, options = {}) {
  let response
  try {
    response = await fetch(`/api${path}`, { ...options, signal: AbortSignal.timeout(DEADLINE_MS) })
  } catch (error) {
    throw new Refused(0, 'unreached', String(error.message))
  }
  if (response.ok || response.status === 304) return response
  const body = await response.json().catch(() => ({}))
  throw new Refused(response.status, body.error ?? 'unknown', body.message ?? response.statusText)
}

/** Asks for JSON. */
export const get = async path => (await call(path)).json()

/** Asks for a view; what has not moved since is not sent again, and is the same object. */
export async function view(path) {
  const before = known.get(path)
  const response = await call(path, before ? { headers: { 'if-none-match': before.tag } } : {})
  if (response.status === 304) return before.body
  const body = await response.json()
  const tag = response.headers.get('etag')
  known.delete(path)
  if (tag) known.set(path, { tag, body })
  if (known.size > KNOWN_MAX) known.delete(known.keys().next().value)
  return body
}

/** Sends something; answers what the server says to it, or nothing. */
export async function send(method, path, body) {
  const response = await call(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return response.status === 204 ? null : response.json()
}

/** Makes edits, all or none, once: sent again under the same key they are not made twice. */
export async function edit(plan, edits) {
  const body = { edits, once: `page-${crypto.randomUUID()}` }
  for (const wait of [300, 1_000, 3_000]) {
    try {
      return await send('POST', `${plan}/edits`, body)
    } catch (error) {
      // It may have been made: asked again under its key, the server says so.
      if (error.status !== 0 && error.word !== 'in_doubt') throw error
      await new Promise(resolve => setTimeout(resolve, wait))
    }
  }
  return send('POST', `${plan}/edits`, body)
}

/** Asks for an answer of lines, each of which is JSON. */
export async function lines(path, body) {
  const response = await call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return (await response.text())
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
}
