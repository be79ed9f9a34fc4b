// The margin: who reads what, tabling, adopting; accepting and lapsing; the projector.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { Browser, Server, picture, reads, until } from './lib.mjs'

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

const SECRET = 'The capital would take 40.'

test('a proposal is kept for the party, tabled once it was asked with the names, and adopted by another', async () => {
  const { id, words } = await server.point('3')
  const arv = await browser.reading(server, 'arv', { point: id })
  const bor = await browser.reading(server, 'bor', { point: id })
  await arv.getByRole('button', { name: 'Propose other words' }).click()
  await arv.getByLabel('Edit the words').fill(words.replace('[30][50]', '[40]'))
  await arv.getByLabel('What speaks for it').fill(SECRET)
  await arv.getByRole('button', { name: 'Keep for Republic of Arvenia' }).click()
  const card = arv.locator('.card.private')
  await card.getByText(SECRET).waitFor()
  assert.equal(await reads(arv, id), words)

  // What others see moves by what comes later, and not by this.
  await server.edits('cel', { note: { point: '3', text: 'Noted in public.', layer: 'public' } })
  await bor.getByText('Noted in public.').waitFor()
  assert.equal(await bor.locator('.card.private').count(), 0)
  assert.equal(await bor.getByText(SECRET).count(), 0)

  await card.getByRole('button', { name: 'Table…' }).click()
  const asked = await arv.locator('dialog').innerText()
  for (const name of ['Republic of Arvenia', 'Federation of Boranth', 'Celune League', 'Office of the Facilitator'])
    assert.ok(asked.includes(name), asked)
  await arv.locator('dialog').getByRole('button', { name: 'Table before all 4 parties' }).click()
  const tabled = bor.locator('.card.public', { hasText: SECRET })
  await tabled.waitFor()
  await picture(bor, 'margin')
  await tabled.getByRole('button', { name: 'Adopt' }).click()
  await until('the words are in the text', async () => (await reads(arv, id)) === words.replace('[30][50]', '[40]'))
  await tabled.getByText('adopted').waitFor()
})

test('the button names who reads a note, private being chosen', async () => {
  const { id } = await server.point('5')
  const page = await browser.reading(server, 'arv', { point: id })
  await page.getByRole('button', { name: 'Note' }).click()
  await page.getByLabel('What is to be noted').fill('Three hundred is a number for the gallery.')
  assert.equal(await page.locator('.compose button.first').innerText(), 'Keep for Republic of Arvenia')
  await page.getByLabel('Who reads it').selectOption('public')
  assert.equal(await page.locator('.compose button.first').innerText(), 'Table before all 4 parties')
  await page.locator('.compose button.first').click()
  await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click()
  assert.deepEqual(
    (await server.view('bor', 'annotations')).annotations.filter(one => one.point === id),
    []
  )
})

test('to accept shows the words that it binds to, and it lapses before all when they change', async () => {
  const { id, words } = await server.point('14')
  const page = await browser.reading(server, 'bor', { point: id })
  await page.getByRole('button', { name: 'Accept', exact: true }).click()
  await page.locator('.bound', { hasText: words }).waitFor()
  await page.getByRole('button', { name: 'Accept these words for Federation of Boranth' }).click()
  await page.locator(`#point-${id} .stands`, { hasText: 'accepts' }).waitFor()
  await server.edits('med', { replace: { point: '14', quote: 'all flags', with: 'any flag' } })
  await page.locator(`#point-${id} .stands`, { hasText: 'lapsed' }).waitFor()
  await page.getByRole('link', { name: 'Standing' }).click()
  await page.getByRole('button', { name: 'Federation of Boranth, 14: lapsed' }).click()
  await page.locator('.cell del', { hasText: 'all flags' }).waitFor()
})

test('words that changed after they were shown are not accepted', async () => {
  const { id } = await server.point('15')
  const page = await browser.reading(server, 'cel', { point: id })
  await page.getByRole('button', { name: 'Accept', exact: true }).click()
  await page.locator('.bound').waitFor()
  await server.edits('med', { insert: { point: '15', text: ' Daily.' } })
  await page.getByRole('button', { name: 'Accept these words for Celune League' }).click()
  await page.getByRole('alert').waitFor()
  await page.locator('.bound', { hasText: 'Daily.' }).waitFor()
  assert.equal((await server.view('cel', 'standing')).points.find(one => one.point === id).standing, 'open')
})

test('the projector shows nothing that not all may read, and cannot be taken for anything else', async () => {
  await server.edits('arv', { note: { point: '1', text: 'For our eyes only.' } })
  const page = await browser.reading(server, 'arv')
  await page.locator('.card.private').first().waitFor()
  await page.getByLabel('Filter').selectOption('private')
  await until('the filter leaves what has private notes', async () => (await page.locator('.point').count()) < 20)
  await page.getByRole('button', { name: 'Projector' }).click()
  await page.locator('.projected').waitFor()
  await until('not even which points have private notes', async () => (await page.locator('.point').count()) > 20)
  assert.equal(await page.locator('.private, .shared').count(), 0)
  assert.equal(await page.getByText('For our eyes only.').count(), 0)
  await picture(page, 'projector')
})

test('two that were changed apart are marked as merged until somebody confirms it', async () => {
  const { id } = await server.point('13')
  const token = server.seat('arv').token
  const { seq } = await server.api(token, '/api/conferences/vale-talks/plans/framework/state')
  const apart = (party, words) =>
    server.api(server.seat(party).token, '/api/conferences/vale-talks/plans/framework/edits', { edits: [words], seen: seq })
  await apart('arv', { replace: { point: '13', quote: 'D+60', with: 'D+50' } })
  await apart('bor', { insert: { point: '13', text: ' Yearly.' } })
  const page = await browser.reading(server, 'cel', { point: id })
  await page.getByText('Merged, not agreed.').waitFor()
  await page.getByRole('button', { name: 'Confirm that it reads right' }).click()
  await page.getByText('Merged, not agreed.').waitFor({ state: 'detached' })
})

test('who has the pen settles a bracket with one button, and strikes and restores a point', async () => {
  const { id, words } = await server.point('4')
  const page = await browser.reading(server, 'arv', { point: id })
  await page.getByText('Change the text').click()
  await page.locator('.settle').getByRole('button', { name: '21' }).click()
  await until('the bracket is settled', async () => (await server.point('4')).words === words.replace('[14][21]', '21'))
  await page.getByRole('button', { name: 'Strike' }).click()
  await page.locator(`#point-${id}.struck`).waitFor()
  await page.getByRole('button', { name: 'Restore' }).click()
  await until('it is back', async () => !(await server.point('4')).struck)
})

test('a note stands on the words that were selected for it', async () => {
  const { id } = await server.point('16')
  const page = await browser.reading(server, 'arv', { point: id })
  await page.locator(`#point-${id} p.words`).evaluate(element => {
    const range = document.createRange()
    range.selectNodeContents(element.firstChild)
    range.setEnd(element.firstChild, 'A facility'.length)
    getSelection().removeAllRanges()
    getSelection().addRange(range)
  })
  await page.getByRole('button', { name: 'Note' }).click()
  await page.locator('.compose blockquote', { hasText: 'A facility' }).waitFor()
  await page.getByLabel('What is to be noted').fill('Whose?')
  await page.getByRole('button', { name: 'Keep for Republic of Arvenia' }).click()
  await page.locator('.card.private blockquote', { hasText: 'A facility' }).waitFor()
  await page.locator(`#point-${id} .remarked`, { hasText: 'A facility' }).waitFor()
})

test('a party supports a bracket, all see it, and it takes that back', async () => {
  const { id } = await server.point('9')
  const page = await browser.reading(server, 'cel', { point: id })
  const may = page.locator('.brackets li', { hasText: '[may]' })
  await may.getByRole('button', { name: 'Support it before all' }).click()
  await may.getByText('for it:').waitFor()
  const seen = (await server.view('arv', 'brackets')).points.find(one => one.point === id).brackets
  assert.deepEqual(seen.find(one => one.text === '[may]').support, ['cel'])
  await may.getByRole('button', { name: 'Withdraw' }).click()
  await may.getByText('for it:').waitFor({ state: 'detached' })
})
