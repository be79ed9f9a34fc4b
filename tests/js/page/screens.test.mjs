// Every screen, in light and dark, left to right and right to left, wide and narrow: nothing that axe finds, and pictures to be looked at.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Browser, Server, picture } from './lib.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

let server, browser
before(async () => {
  server = await Server.start()
  browser = await Browser.start()
  const digest = async label => (await server.view('med', 'standing')).points.find(point => point.label === label).digest
  await server.edits(
    'arv',
    { note: { point: '3', text: 'The minister could take 40.' } },
    { accept: { point: '1', expect: await digest('1') } },
    { accept: { point: '2', expect: await digest('2'), ad_referendum: true } }
  )
  await server.edits(
    'bor',
    { propose: { point: '3', quote: '[30][50]', replacement: '[50]', because: 'The range of what is there.', layer: 'public' } },
    { oppose: { point: '10', reason: 'No interim body.' } },
    { reserve: { point: '6', reason: 'Too short in winter.' } }
  )
  await server.edits(
    'med',
    { insert: { point: '1', text: ' Sharp.' } },
    { schedule: { point: '1', trigger: 'D-Day', offset_days: 0, duration_days: 1 } },
    { schedule: { point: '4', after: { 1: 'done' }, offset_days: 2, duration_days: 12 } }
  )
})
afterEach(() => browser.clear())
after(async () => {
  await browser.stop()
  await server.stop()
})

/** What axe finds, in a line each. Its script is put in by the browser's own debugger, which the page's policy does not bind. */
async function found(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`)
  )
}

const LOOKS = ['text', 'standing', 'schedule', 'history']
for (const [dark, language, width] of [
  [false, 'en', 1280],
  [true, 'en', 1920],
  [false, 'ar', 1280],
  [true, 'ar', 390],
  [false, 'uk', 390]
]) {
  const kind = `${dark ? 'dark' : 'light'}-${language}-${width}`
  test(`nothing is found on any screen: ${kind}`, async () => {
    const { id } = await server.point('3')
    for (const look of LOOKS) {
      const page = await browser.reading(server, 'arv', { look, point: look === 'text' ? id : undefined, dark, language, width })
      await page.locator('main li, main table, main article').first().waitFor()
      assert.deepEqual(await found(page), [], `${look} ${kind}`)
      await picture(page, `${look}-${kind}`)
    }
    const front = await browser.page(server, { token: server.seat('arv').token, dark, language, width })
    await front.locator('.waits').waitFor()
    assert.deepEqual(await found(front), [], `front ${kind}`)
    await picture(front, `front-${kind}`)
    const nobody = await browser.page(server, { dark, language, width })
    await nobody.locator('form.code').waitFor()
    assert.deepEqual(await found(nobody), [], `join ${kind}`)
  })
}

test('forms, the pen and questions are as good', async () => {
  const { id } = await server.point('3')
  const page = await browser.reading(server, 'arv', { point: id })
  for (const name of ['Propose other words', 'Note', 'Accept', 'Reserve', 'Oppose']) {
    await page.getByRole('button', { name, exact: true }).click()
    await page.locator('.compose').waitFor()
    assert.deepEqual(await found(page), [], name)
    await page.locator('.compose').getByRole('button', { name: 'Cancel' }).click()
  }
  await page.getByRole('button', { name: 'Write in the text itself' }).click()
  await page.locator('.cm-content').waitFor()
  assert.deepEqual(await found(page), [])
  await page.keyboard.press('Escape')
  await page.locator('.card.private').getByRole('button', { name: 'Table…' }).click()
  assert.deepEqual(await found(page), [])
  await picture(page, 'table')
})

test('a proposal is made by the keyboard alone', async () => {
  const page = await browser.reading(server, 'arv')
  const focused = () => page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.innerText}`)
  const tab = async wanted => {
    for (let n = 0; n < 120 && !(await focused()).startsWith(wanted); n++) await page.keyboard.press('Tab')
    assert.ok((await focused()).startsWith(wanted), `Tab comes to ${wanted}`)
  }
  await tab('A 5')
  await page.keyboard.press('Enter')
  await tab('BUTTON Propose other words')
  await page.keyboard.press('Enter')
  await tab('TEXTAREA')
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' Forthwith.')
  await tab('BUTTON Keep for Republic of Arvenia')
  await page.keyboard.press('Enter')
  await page.locator('.card.private', { hasText: 'Forthwith.' }).waitFor()
})

test('what the first view loads is at most 220 kB on the wire', async () => {
  const page = await browser.page(server, { token: server.seat('arv').token, at: '/none' })
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  let bytes = 0
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
  await page.goto(`${server.url}/#/vale-talks/framework/text`)
  await page.locator('.point .words').first().waitFor()
  const ms = await page.evaluate(() => performance.now())
  console.log(`first view: ${bytes} bytes on the wire, text readable after ${Math.round(ms)} ms`)
  assert.ok(bytes > 100_000 && bytes < 220_000, `${bytes} bytes`)
})
