// Joining by a link, the recovery code, and leaving.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { Browser, Server } from './lib.mjs'

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

test('a link takes a seat, and its token is gone from the address and the history before that', async () => {
  const { link } = server.seat('arv')
  const page = await browser.page(server, { at: link.slice(server.url.length) })
  await page.getByRole('button', { name: 'Take my seat' }).waitFor()
  assert.equal(page.url(), `${server.url}/`)
  await page.getByRole('button', { name: 'Take my seat' }).click()
  const code = await page.locator('.secret code').innerText()
  assert.match(code, /^[0-9a-z]{4}(-[0-9a-z]{1,4})+$/)
  await page.getByRole('button', { name: 'I have written it down' }).click()
  await page.getByText('Framework for the Cessation').waitFor()
  assert.equal(await page.getByText(code).count(), 0)
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict'])
  await page.goBack().catch(() => null)
  assert.ok(!page.url().includes(link.split('#')[1]))
})

test('a link that was used says so and what to do, and the code takes the seat again', async () => {
  const { link } = server.seat('bor')
  const at = link.slice(server.url.length)
  const first = await browser.page(server, { at })
  await first.getByRole('button', { name: 'Take my seat' }).click()
  const code = await first.locator('.secret code').innerText()

  const second = await browser.page(server, { at })
  await second.getByRole('button', { name: 'Take my seat' }).click()
  await second.getByText('A link is good once').waitFor()
  await second.getByLabel('Recovery code').fill(code)
  await second.getByRole('button', { name: 'Take the seat again' }).click()
  assert.notEqual(await second.locator('.secret code').innerText(), code)
})

test('who leaves is nobody on this device from then on', async () => {
  const { link } = server.seat('cel')
  const page = await browser.page(server, { at: link.slice(server.url.length) })
  await page.getByRole('button', { name: 'Take my seat' }).click()
  await page.getByRole('button', { name: 'I have written it down' }).click()
  const [cookie] = await page.context().cookies()
  await page.getByRole('button', { name: 'Leave on this device' }).click()
  await page.getByText('Nobody is joined in this browser').waitFor()
  const answer = await fetch(`${server.url}/api/whoami`, { headers: { cookie: `plenary=${cookie.value}` } })
  assert.equal(answer.status, 401)
  assert.deepEqual(await page.context().cookies(), [])
})

test('the front page says what waits for the party in each plan', async () => {
  const { digest } = (await server.view('arv', 'standing')).points[0]
  await server.edits('arv', { accept: { point: '1', expect: digest } })
  await server.edits('med', { insert: { point: '1', text: ' Sharp.' } })
  const page = await browser.page(server, { token: server.seat('arv').token })
  await page.getByText('1 consent of yours lapsed').waitFor()
})

test('a head admits somebody by a link, and ends the seat again', async () => {
  const page = await browser.page(server, { token: server.seat('arv', 'head').token })
  await page.getByText('The people of Republic of Arvenia').click()
  await page.getByLabel('Name').fill('Nia Orell')
  await page.getByLabel('Role').selectOption('adviser')
  await page.getByRole('button', { name: 'Make a link' }).click()
  const link = await page.locator('.people .secret code').innerText()
  const guest = await browser.page(server, { at: link.slice(server.url.length) })
  await guest.getByRole('button', { name: 'Take my seat' }).click()
  await guest.getByRole('button', { name: 'I have written it down' }).click()
  await guest.getByText('Nia Orell, adviser').first().waitFor()
  const seat = page.locator('.people li', { hasText: 'Nia Orell' })
  await seat.getByRole('button', { name: 'End the seat' }).click()
  await page.locator('dialog').getByRole('button', { name: 'End the seat' }).click()
  await seat.waitFor({ state: 'detached' })
  await guest.reload()
  await guest.getByText('Nobody is joined in this browser').waitFor()
})
