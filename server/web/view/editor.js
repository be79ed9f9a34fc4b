// The pen: one editor, in the point at hand, bound to its words. What is typed here stands in the text before all parties.
import {
  Decoration,
  EditorState,
  EditorView,
  ViewPlugin,
  Y,
  bidiIsolates,
  highlightSpecialChars,
  keymap,
  standardKeymap,
  useEffect,
  useRef,
  yCollab,
  yUndoManagerKeymap
} from '../vendor.js'
import { announced } from '../desk.js'
import { html, say } from './kit.js'
import { caretsOf } from './carets.js'
import { brackets } from './lit.js'

/** Changes within so many milliseconds are taken back together. */
const UNDO_TOGETHER_MS = 600

const theme = EditorView.theme({
  '&': { font: 'inherit', color: 'inherit', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { font: 'inherit', lineHeight: 'inherit', overflow: 'visible' },
  '.cm-content': { padding: '0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0' },
  '.cm-specialChar': { color: 'var(--danger)' }
})

/** Each line in the direction of its own first strong letter: without this Arabic stays left to right. */
const directed = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.update({ view })
    }
    update({ view }) {
      const lines = []
      for (const { from, to } of view.visibleRanges) {
        for (let at = from; at <= to;) {
          const line = view.state.doc.lineAt(at)
          lines.push(Decoration.line({ attributes: { dir: 'auto' } }).range(line.from))
          at = line.to + 1
        }
      }
      this.decorations = Decoration.set(lines)
    }
  },
  { decorations: plugin => plugin.decorations }
)

export function Editor({ desk, point, done }) {
  const host = useRef(null)
  useEffect(() => {
    const text = desk.text(point.id)
    if (!text) return done()
    const ends = ended(text, () => {
      announced.value = say('pen.gone')
      done()
    })
    const view = mounted(host.current, desk, text, done)
    view.focus()
    announced.value = say('pen.taken')
    return () => {
      ends()
      desk.presence.setLocalState({})
      view.destroy()
    }
  }, [desk, point.id])
  return html`<section class="pen-frame" aria-label=${say('pen.what')}>
    <p class="pen-warning">${say('pen.warning')}</p>
    <div ref=${host} class="words"></div>
    <p class="pen-foot"><button type="button" class="first" onClick=${done}>${say('pen.done')}</button> <span
      class="aside">${say('pen.keys')}</span></p>
  </section>`
}

/** Calls `gone` when the words that are written in are no longer in the plan. */
function ended(text, gone) {
  const look = () => text._item?.deleted && gone()
  text.doc.on('afterTransaction', look)
  return () => text.doc?.off('afterTransaction', look)
}

function mounted(element, desk, text, done) {
  // A shadow root takes the editor's styles as sheets of its own, which the page's policy lets in.
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' })
  const undoManager = new Y.UndoManager(text, { captureTimeout: UNDO_TOGETHER_MS })
  const state = EditorState.create({
    doc: text.toString(),
    extensions: [
      keymap.of([{ key: 'Escape', run: () => (done(), true) }, ...yUndoManagerKeymap, ...standardKeymap]),
      yCollab(text, null, { undoManager }),
      EditorView.lineWrapping,
      EditorView.perLineTextDirection.of(true),
      EditorView.contentAttributes.of({ 'aria-label': say('pen.what'), spellcheck: 'true' }),
      highlightSpecialChars(),
      bidiIsolates(),
      directed,
      brackets,
      theme,
      caretsOf(desk, text)
    ]
  })
  return new EditorView({ state, root, parent: root })
}
