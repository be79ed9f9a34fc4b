// Writing in the text: together, with the pen, through the loss of the server; and what is said of where the words are.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
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

const take = async page => {
  await page.getByRole('button', { name: 'Write in the text itself' }).click()
  await page.locator('.cm-content').waitFor()
}

test('two parties write in one point, see each other there, and take back what they wrote themselves', async () => {
  const { id, words } = await server.point('3')
  const arv = await browser.reading(server, 'arv', { point: id })
  const bor = await browser.reading(server, 'bor', { point: id })
  const cel = await browser.reading(server, 'cel', { point: id })
  await take(arv)
  await take(bor)
  await arv.keyboard.press('Control+Home')
  await arv.keyboard.type('Duly, ')
  await bor.keyboard.press('Control+End')
  await bor.keyboard.type(' Without delay.')
  const both = `Duly, ${words} Without delay.`
  await until('all read both', async () => (await reads(cel, id)) === both)
  await arv.locator('.caret', { hasText: 'Ilse Oran' }).waitFor()
  await cel.locator(`#point-${id} .caret`).first().waitFor({ state: 'attached' })
  assert.deepEqual(await arv.locator('.cm-content .mark').allInnerTexts(), ['[', ']', '[', ']'])
  await picture(arv, 'writing')

  await arv.keyboard.press('Control+z')
  await until('only the own is taken back', async () => (await reads(cel, id)) === `${words} Without delay.`)
  await arv.keyboard.press('Escape')
  await arv.locator('.cm-content').waitFor({ state: 'detached' })
  assert.equal(await reads(arv, id), `${words} Without delay.`)
})

test('nothing that was said to be on the server’s disk is missing after it was killed while somebody typed', async () => {
  const { id, words } = await server.point('7')
  const page = await browser.reading(server, 'arv', { point: id })
  await take(page)
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' First.')
  await says(page, SAFE)
  await server.kill()
  await page.keyboard.type(' Second.')
  await says(page, 'Only on this device: 1 point')
  await page.locator(`#point-${id} .truth.unsent`).waitFor()
  await server.again()
  assert.equal((await server.point('7')).words, `${words} First.`)
  await says(page, SAFE)
  await until(
    'the server has what was written without it',
    async () => (await server.point('7')).words === `${words} First. Second.`
  )
})

test('a deletion is on the server’s disk only once the server said so', async () => {
  const { id, words } = await server.point('8')
  const page = await browser.reading(server, 'arv', { point: id })
  await take(page)
  await page.keyboard.press('Control+End')
  await server.kill()
  await page.keyboard.press('Backspace')
  await says(page, 'Only on this device: 1 point')
  await server.again()
  await says(page, SAFE)
  assert.equal((await server.point('8')).words, words.slice(0, -1))
})

test('composing a proposal and looking around send nothing of it', async () => {
  const { id } = await server.point('9')
  const page = await browser.reading(server, 'arv', { point: id })
  await says(page, SAFE)
  const sent = []
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  cdp.on('Network.webSocketFrameSent', ({ response }) => sent.push(Buffer.from(response.payloadData, 'base64')))
  page.on('request', request => request.method() !== 'GET' && sent.push(Buffer.from(request.url())))
  await page.getByRole('button', { name: 'Propose other words' }).click()
  await page.getByLabel('Edit the words').fill('All may return.')
  await page.getByLabel('Search').fill('return')
  await page.getByText('1 point', { exact: true }).waitFor()
  // Presence is renewed every 15 s, and says no more than that one is here.
  assert.ok(
    sent.every(frame => frame[0] === 1 && frame.includes('{}')),
    `${sent}`
  )
})

test('who may not draft is not offered the pen, and an observer nothing', async () => {
  const head = server.seat('arv', 'head').token
  const { id } = await server.point('2')
  for (const [role, offered] of [
    ['adviser', ['Propose other words', 'Note']],
    ['observer', []]
  ]) {
    const { invitation } = await server.api(head, '/api/conferences/vale-talks/members', { party: 'arv', role, name: role })
    const { token } = await server.api('', '/api/join', { invitation })
    const page = await browser.page(server, { token, at: `/#/vale-talks/framework/text/${id}` })
    await page.locator(`#point-${id}.here`).waitFor()
    await says(page, SAFE)
    assert.deepEqual(await page.locator('.offers button').allInnerTexts(), offered, role)
  }
})

test('a seat that was ended while somebody typed is told, and that what was typed is safe', async () => {
  const head = server.seat('cel', 'head').token
  const { invitation } = await server.api(head, '/api/conferences/vale-talks/members', {
    party: 'cel',
    role: 'delegate',
    name: 'Short Stay'
  })
  const { token, member } = await server.api('', '/api/join', { invitation })
  const { id } = await server.point('12')
  const page = await browser.page(server, { token, at: `/#/vale-talks/framework/text/${id}` })
  await page.locator(`#point-${id}.here`).waitFor()
  await take(page)
  await page.keyboard.type('Before. ')
  await says(page, SAFE)
  await server.api(head, `/api/conferences/vale-talks/members/${member}`, undefined, 'DELETE')
  await page.getByText('has ended. All that you wrote in the text was on the server’s disk').waitFor()
  assert.ok((await server.point('12')).words.startsWith('Before. '))
})
