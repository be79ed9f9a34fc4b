// What others write is hostile: it shows as text, breaks nothing and reaches nobody.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import { Browser, SAFE, Server, picture, reads, says, until } from './lib.mjs'

let server, browser
before(async () => {
  server = await Server.start()
  browser = await Browser.start()
})
afterEach(() => browser.clear())
after(async () => {
  await browser.stop()
  await server.stop()
})

const SCRIPT = '<img src=x onerror=alert(1)><script>alert(2)</script><style>*{display:none}</style>'
const TURNED = 'safe \u202Eevil\u202C \u2066and\u2069'

/** A stock Yjs client in a party's seat. */
function stock(party) {
  const doc = new Y.Doc()
  const protocols = ['plenary', `plenary.token.${server.seat(party).token}`]
  const provider = new WebsocketProvider(`${server.url.replace('http', 'ws')}/sync`, 'vale-talks/framework', doc, {
    protocols,
    WebSocketPolyfill: WebSocket,
    disableBc: true
  })
  return { doc, provider, end: () => (provider.destroy(), doc.destroy()) }
}

test('markup in words, headings, notes and names is text', async () => {
  const { id } = await server.point('4')
  await server.edits('bor', { words: { point: '4', words: SCRIPT } }, { heading: { point: '4', text: SCRIPT } })
  await server.edits('bor', { note: { point: '4', text: `${SCRIPT} ${TURNED}`, layer: 'public' } })
  const { invitation } = await server.api(server.seat('bor', 'head').token, '/api/conferences/vale-talks/members', {
    party: 'bor',
    role: 'delegate',
    name: '<b>Bold</b>'
  })
  const { token } = await server.api('', '/api/join', { invitation })
  await server.api(token, '/api/conferences/vale-talks/plans/framework/edits', {
    edits: [{ note: { point: '4', text: 'By a bold one.', layer: 'public' } }]
  })
  const page = await browser.reading(server, 'arv', { point: id })
  await page.locator('.card.public', { hasText: 'By a bold one.' }).waitFor()
  assert.equal(await reads(page, id), SCRIPT)
  assert.equal(await page.locator('main img, main script, main style, main b').count(), 0)
  const said = await page.locator('.card.public .said').allInnerTexts()
  assert.ok(
    said.some(text => text.includes('⟨U+202E⟩evil')),
    `${said}`
  )
  assert.ok(said.every(text => !/[\u202a-\u202e\u2066-\u2069]/.test(text)))
  await picture(page, 'hostile')
})

test('presence that makes no sense draws nothing and breaks nothing', async () => {
  const { id, words } = await server.point('6')
  const page = await browser.reading(server, 'arv', { point: id })
  await says(page, SAFE)
  await page.getByRole('button', { name: 'Write in the text itself' }).click()
  const senseless = [
    {},
    { anchor: {}, head: {} },
    { anchor: 1, head: 'x' },
    null,
    [],
    { anchor: { type: { client: 1, clock: 1 } }, head: { type: { client: 1, clock: 9e9 } } }
  ]
  const client = stock('bor')
  await until('the stock client is in', () => client.provider.synced)
  for (const cursor of senseless) {
    client.provider.awareness.setLocalState({ user: { name: 'x', color: 'red;}*{display:none' }, cursor })
    await page.locator('.others', { hasText: '1 other here' }).waitFor()
  }
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' Still.')
  await until('one writes on', async () => (await server.point('6')).words === `${words} Still.`)
  assert.equal(await page.locator('.cm-content .caret').count(), 0)
  client.end()
})

test('a stock client and the page write in the same words', async () => {
  const { id, words } = await server.point('10')
  const client = stock('bor')
  await until('the stock client is in', () => client.provider.synced)
  const text = client.doc.getMap('points').get(id).get('words')
  const page = await browser.reading(server, 'arv', { point: id })
  await page.getByRole('button', { name: 'Write in the text itself' }).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' Here.')
  text.insert(0, 'There: ')
  await until('both read both', async () => text.toString() === `There: ${words} Here.`)
  await page.keyboard.press('Escape')
  await until('the page too', async () => (await reads(page, id)) === `There: ${words} Here.`)
  client.end()
})

test('a thousand notes on a point leave the page usable', async () => {
  const { id } = await server.point('11')
  const notes = Array.from({ length: 1000 }, (_, n) => ({ note: { point: '11', text: `Note ${n}`, layer: 'public' } }))
  await server.edits('bor', ...notes)
  const page = await browser.reading(server, 'arv')
  await page.getByRole('button', { name: '996 more' }).waitFor()
  await page.locator(`#point-${id} .label`).click()
  await page.getByRole('button', { name: 'Propose other words' }).click()
  await page.getByLabel('Edit the words').waitFor()
})

test('what another party writes for itself moves nothing in the stream of changes', async () => {
  const path = '/api/conferences/vale-talks/plans/framework/changes'
  const stop = new AbortController()
  const response = await fetch(server.url + path, {
    headers: { authorization: `Bearer ${server.seat('arv').token}` },
    signal: stop.signal
  })
  let told = ''
  const reading = (async () => {
    for await (const chunk of response.body) told += Buffer.from(chunk).toString()
  })().catch(() => null)
  const events = () => told.split('data:').length - 1
  await until('the first event', () => events() === 1)
  for (let n = 0; n < 4; n++) {
    await server.edits('bor', { note: { point: '2', text: `Private ${n}` } })
    await new Promise(resolve => setTimeout(resolve, 600))
  }
  await server.edits('bor', { note: { point: '2', text: 'Public.', layer: 'public' } })
  await until('the event of what is public', () => events() === 2)
  stop.abort()
  await reading
})
