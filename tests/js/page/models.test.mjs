// The page's models, without a browser.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as clean from '../../../server/web/model/clean.js'
import { brackets, pieces } from '../../../server/web/model/bracket.js'
import { proposal, redline } from '../../../server/web/model/compose.js'
import { chosen } from '../../../server/web/model/filter.js'
import { scale } from '../../../server/web/model/gantt.js'
import { Outstanding } from '../../../server/web/model/outstanding.js'
import { utf16 } from '../../../server/web/model/place.js'
import { facts, keeper } from '../../../server/web/model/facts.js'
import { settlements } from '../../../server/web/model/settle.js'
import { others } from '../../../server/web/model/presence.js'
import { Replay } from '../../../server/web/model/replay.js'
import { rights } from '../../../server/web/model/rights.js'
import * as route from '../../../server/web/model/route.js'
import { LANGUAGES, speaker } from '../../../server/web/model/say.js'
import { below, rows } from '../../../server/web/model/standing.js'
import { threads } from '../../../server/web/model/thread.js'
import { Y } from '../../../server/web/vendor.js'

const WEB = new URL('../../../server/web', import.meta.url).pathname
const files = folder => readdirSync(join(WEB, folder)).map(name => [name, readFileSync(join(WEB, folder, name), 'utf8')])

test('names lose what turns their surroundings, and words show it', () => {
  assert.equal(clean.name('A\u202Eb\nc\u0000'), 'Ab c')
  assert.equal(clean.name('x'.repeat(500)).length, 201)
  assert.equal(clean.words('a\u202Eb\tc\n'), 'a⟨U+202E⟩b\tc\n')
})

test('brackets are read as the server reads them', () => {
  const told = words => brackets(words).list.map(one => [words.slice(one.from, one.to), one.depth, one.place, one.of])
  assert.deepEqual(told('to [30][50] km'), [
    ['[30]', 0, 0, 2],
    ['[50]', 0, 1, 2]
  ])
  assert.deepEqual(told('[a [b] c] \n [d]\n\n[e]'), [
    ['[a [b] c]', 0, 0, 2],
    ['[b]', 1, 0, 1],
    ['[d]', 0, 1, 2],
    ['[e]', 0, 0, 1]
  ])
  assert.deepEqual(told('\\[no\\] ［да］'), [['［да］', 0, 0, 1]])
  assert.deepEqual(brackets('a] [b [c]').loose, [1, 3])
  assert.equal(brackets('['.repeat(100_000)).loose.length, 100_000)
})

test('pieces make the words again, wherever they are cut', () => {
  const words = 'a [30][5 x] b]'
  const cut = pieces(words, [
    { from: 4, to: 9 },
    { from: 3, to: 3, caret: {} },
    { from: 90, to: 99 }
  ])
  assert.equal(cut.map(piece => piece.text).join(''), words)
  assert.deepEqual(
    cut.filter(piece => piece.loose).map(piece => piece.text),
    [']']
  )
  assert.equal(cut.find(piece => piece.marks.some(mark => mark.caret)).at, 3)
})

test('a proposal is the smallest stretch that stands once and cuts no bracket', () => {
  assert.deepEqual(proposal('to [30][50] kilometres', 'to [40] kilometres'), { quote: '[30][50]', replacement: '[40]' })
  assert.deepEqual(proposal('the dog and the cat', 'the dog and a cat'), { quote: ' the ', replacement: ' a ' })
  assert.deepEqual(proposal('', 'new'), { replacement: 'new' })
  assert.equal(proposal('same', 'same'), null)
  for (const [before, after] of [
    ['a a a a', 'a a a'],
    ['x [y] z', 'x z'],
    ['один два', 'один, два'],
    ['aa', 'aaa']
  ]) {
    const { quote, replacement } = proposal(before, after)
    assert.equal(quote === undefined ? replacement : before.replace(quote, () => replacement), after)
  }
})

test('a redline holds both texts', () => {
  for (const [old, now] of [
    ['a b c d', 'a x c d e'],
    ['', 'x'],
    ['x', ''],
    ['w '.repeat(900), 'v '.repeat(900)]
  ]) {
    const pieces = redline(old, now)
    const text = kind => pieces.map(piece => piece.same ?? piece[kind] ?? '').join('')
    assert.deepEqual([text('removed'), text('inserted')], [old, now])
  }
})

test('places in bytes are found among letters of any width', () => {
  const words = 'Ї🕊 ab'
  assert.deepEqual(utf16(words, { start: 2, end: 6 }), { from: 1, to: 3 })
  assert.equal(words.slice(...Object.values(utf16(words, { start: 7, end: 9 }))), 'ab')
  assert.deepEqual(utf16('ab', { start: 50, end: 60 }), { from: 2, to: 2 })
})

test('brackets are settled by one of the alternatives, or by what is in one or nothing', () => {
  assert.deepEqual(settlements('🕊 to [30] [50] km [soon [X]]'), [
    { range: [5, 14], words: '[30] [50]', endings: ['30', '50'] },
    { range: [18, 28], words: '[soon [X]]', endings: ['soon [X]', ''] }
  ])
  assert.deepEqual(settlements('no [loose'), [])
})

test('what has not moved stays the same object, and what has does not', () => {
  const point = { point: 'p', depth: 0, cells: [], open_brackets: 1, standing: 'open' }
  const told = () => facts({ parties: [{ party: 'a' }], points: [point] }, [{ point: 'p', audience: 'party' }], 'a').get('p')
  assert.deepEqual([told().mine, told().private, told().brackets], [true, true, 1])
  const keep = keeper()
  const first = keep('p', told())
  assert.equal(keep('p', told()), first)
  point.open_brackets = 2
  assert.notEqual(keep('p', told()), first)
})

test('edits are outstanding until the server told all of them', () => {
  const [doc, out] = [new Y.Doc(), []]
  const text = doc.getText('words')
  const outstanding = new Outstanding(doc.clientID)
  doc.on('update', update => (out.push(update), outstanding.made(update, ['p'])))
  text.insert(0, 'abc')
  text.insert(3, 'def')
  text.delete(0, 2)
  outstanding.heard(out[1])
  assert.equal(outstanding.isEmpty, false, 'the deletion waits')
  assert.deepEqual([...outstanding.points], ['p'])
  outstanding.heard(out[2])
  assert.equal(outstanding.isEmpty, true)
})

test('what was deleted by others too is no longer outstanding once the server tells theirs', () => {
  const [a, b] = [new Y.Doc(), new Y.Doc()]
  a.getText('words').insert(0, 'abc')
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a))
  const outstanding = new Outstanding(a.clientID)
  a.on('update', update => outstanding.made(update, ['p']))
  a.getText('words').delete(0, 1)
  b.getText('words').delete(0, 3)
  outstanding.heard(Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)))
  assert.equal(outstanding.isEmpty, true)
})

test('presence of any shape is borne', () => {
  const doc = new Y.Doc()
  const states = new Map([
    [1, null],
    [2, {}],
    [3, { user: 'x' }],
    [4, { user: { name: 'A', party: 'b' }, cursor: { anchor: {}, head: {} } }],
    [5, { user: { name: 1, party: 2 } }]
  ])
  assert.deepEqual(
    others(states, 9, doc, () => null),
    [{ client: 4, name: 'A', party: 'b' }]
  )
})

test('a log is told record by record', () => {
  const [doc, replay] = [new Y.Doc(), new Replay()]
  const told = []
  doc.on('update', update => told.push(...replay.add(update).changes))
  const points = doc.getMap('points')
  doc.transact(() =>
    points.set('p', new Y.Map(Object.entries({ label: '1', words: new Y.Text('old'), heading: new Y.Text('H') })))
  )
  points.get('p').get('words').insert(3, 'er')
  points.get('p').set('struck', true)
  assert.deepEqual(
    told.map(({ kind, before, after }) => [kind, before, after]),
    [
      ['added', '', 'old'],
      ['words', 'old', 'older'],
      ['struck', '', 'true']
    ]
  )
})

test('routes are read as they are written, and hostile ones lead to the front page', () => {
  const place = { conference: 'c', plan: 'p', look: 'standing', point: null }
  assert.deepEqual(route.read(route.write(place)), place)
  for (const hash of ['', '#/', '#/c', '#/c/p/nowhere', '#/../etc', '#/c/<b>', '#/%2e/p'])
    assert.deepEqual(route.read(hash), { look: 'front' }, hash)
})

test('who accepts a point accepts what stands below it, unless struck by itself', () => {
  const point = (id, depth, more) => ({ point: id, depth, cells: [], ...more })
  const matrix = {
    parties: [{ party: 'a' }],
    points: [
      point('1', 0, { cells: [{ party: 'a', stance: 'accept' }] }),
      point('2', 1),
      point('3', 1, { struck: true }),
      point('4', 0)
    ]
  }
  assert.deepEqual(
    rows(matrix).map(({ cells: [cell] }) => [cell.stance, cell.via]),
    [
      ['accept', undefined],
      ['accept', '1'],
      ['none', undefined],
      ['none', undefined]
    ]
  )
})

test('the words that an acceptance binds to are those below too, but what is struck', () => {
  const points = [
    ['1', 0],
    ['2', 1],
    ['3', 1, true],
    ['4', 2],
    ['5', 1],
    ['6', 0]
  ].map(([id, depth, struck]) => ({ id, depth, struck: Boolean(struck) }))
  assert.deepEqual(
    below(points, '1').map(point => point.id),
    ['1', '2', '5']
  )
})

test('replies stand with what they reply to, however deep, and circles lose nothing', () => {
  const told = list => threads(list).map(({ head, replies }) => [head.id, ...replies.map(one => one.id)])
  const entry = (id, reply_to) => ({ id, reply_to })
  assert.deepEqual(told([entry('a'), entry('b', 'a'), entry('c', 'b'), entry('d', 'gone')]), [['a', 'b', 'c'], ['d']])
  const circle = told([entry('x', 'y'), entry('y', 'x'), entry('z', 'z')])
  assert.deepEqual(circle.flat().sort(), ['x', 'y', 'z'])
  const deep = Array.from({ length: 10_000 }, (_, n) => entry(`${n}`, n ? `${n - 1}` : undefined))
  assert.equal(told(deep).flat().length, 10_000)
})

test('filters leave what they name', () => {
  const points = [
    { id: 'a', label: '1', heading: 'Peace', words: 'x' },
    { id: 'b', label: '2', heading: 'War', words: 'y' }
  ]
  const facts = id => ({ brackets: id === 'a' ? 1 : 0, standing: 'agreed' })
  assert.equal(chosen(points, 'all', ' ', facts), null)
  assert.deepEqual([...chosen(points, 'open', '', facts)], ['a'])
  assert.deepEqual([...chosen(points, 'all', 'WAR', facts)], ['b'])
})

test('days of any size make a few marks', () => {
  for (const days of [
    [0, 1],
    [2, 120],
    [-5, 9e15],
    [0, 0]
  ]) {
    const { ticks, x } = scale([{ earliest_start: days[0], earliest_end: days[1] }], 600)
    assert.ok(ticks.length > 0 && ticks.length < 30 && x(days[1]) <= 600, `${days}: ${ticks}`)
  }
})

test('members are offered what the server lets them do', () => {
  assert.deepEqual(rights('delegate', 'draft'), { write: true, annotate: true, speak: true })
  assert.deepEqual(rights('adviser', 'draft'), { write: false, annotate: true, speak: false })
  assert.deepEqual(rights('observer', 'draft'), { write: false, annotate: false, speak: false })
  assert.deepEqual(rights('head', 'read'), { write: false, annotate: false, speak: false })
  assert.deepEqual(rights('chair', null), { write: true, annotate: true, speak: true })
})

test('every language says everything, in every number, with the same values', () => {
  const texts = Object.fromEntries(
    Object.keys(LANGUAGES).map(one => [one, JSON.parse(readFileSync(join(WEB, 'words', `${one}.json`)))])
  )
  const values = text => [...new Set((typeof text === 'string' ? text : text.other).match(/\{\w+\}/g))].sort()
  for (const [language, all] of Object.entries(texts)) {
    assert.deepEqual(Object.keys(all).sort(), Object.keys(texts.en).sort(), language)
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    for (const [key, text] of Object.entries(all)) {
      assert.deepEqual(values(text), values(texts.en[key]), `${language} ${key}`)
      if (typeof text !== 'string') assert.deepEqual(Object.keys(text).sort(), [...categories].sort(), `${language} ${key}`)
    }
  }
  assert.equal(speaker('uk', texts.uk).say('open', { n: 3 }), '3 дужки')
})

test('the views say nothing but what stands in the language files, and all of that', () => {
  const code = [...files('view'), ['app.js', readFileSync(join(WEB, 'app.js'), 'utf8')]].map(([, text]) => text).join('\n')
  const texts = Object.keys(JSON.parse(readFileSync(join(WEB, 'words/en.json'))))
  const named = [...code.matchAll(/'([a-z]+(?:\.[a-z_]+)*)'/g)].map(match => match[1])
  const built = [...code.matchAll(/`([a-z]+)\.\$\{/g)].map(match => `${match[1]}.`)
  const forKind = [...code.matchAll(/`\$\{kind\}\.for`/g)].length ? ['accept.for', 'reserve.for', 'oppose.for'] : []
  const unused = texts.filter(
    key => !named.includes(key) && !built.some(start => key.startsWith(start)) && !forKind.includes(key)
  )
  assert.deepEqual(unused, [])
  for (const [, key] of code.matchAll(/\b(?:say|parts)\('([\w.]+)'/g)) assert.ok(texts.includes(key), key)
})

test('models know neither the document nor the network', () => {
  for (const [name, text] of files('model')) {
    assert.doesNotMatch(text, /\b(document|window|fetch|WebSocket|localStorage|XMLHttpRequest|navigator)\b[.(]/, name)
    for (const [, from] of text.matchAll(/from '([^']+)'/g)) assert.match(from, /^(\.\/[\w-]+\.js|\.\.\/vendor\.js)$/, name)
  }
})

test('nothing is set as markup', () => {
  for (const [name, text] of [...files('view'), ...files('model'), ...files('net')]) {
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|\beval\(|new Function/, name)
  }
})
