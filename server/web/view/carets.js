// The others' carets in the editor, and one's own told to them. The stock plugin takes colours from presence and pastes them into styles;
// here a party is a class that the server's stamp names, a name is text, and what makes no sense is not drawn.
import { Decoration, EditorView, ViewPlugin, WidgetType, Y } from '../vendor.js'
import { parties } from '../desk.js'
import { name } from '../model/clean.js'

/** The looks of carets: party colours are the page's, which reach into the editor as variables. */
const theme = EditorView.baseTheme({
  '.caret': { position: 'relative', borderInlineStart: '2px solid var(--of)', marginInline: '-1px' },
  '.caret > i': {
    position: 'absolute',
    insetBlockEnd: '100%',
    insetInlineStart: '-1px',
    padding: '0 4px',
    background: 'var(--of)',
    color: 'var(--paper)',
    font: '600 11px/15px var(--sans)',
    whiteSpace: 'nowrap',
    pointerEvents: 'none'
  },
  '.selection': { backgroundColor: 'color-mix(in srgb, var(--of) 22%, transparent)' }
})

const colours = EditorView.baseTheme(
  Object.fromEntries([...Array(8).keys()].map(at => [`.of-${at}`, { '--of': `var(--party-${at})` }]))
)

class Caret extends WidgetType {
  constructor(other) {
    super()
    this.other = other
  }
  eq({ other }) {
    return other.client === this.other.client && other.name === this.other.name
  }
  toDOM() {
    const caret = document.createElement('span')
    caret.className = `caret ${of(this.other.party)}`
    const label = document.createElement('i')
    label.textContent = `${name(this.other.name)} · ${this.other.party}`
    caret.append(label)
    return caret
  }
  ignoreEvent() {
    return true
  }
}

const of = party =>
  `of-${
    Math.max(
      0,
      parties.peek().findIndex(one => one.id === party)
    ) % 8
  }`

/** The extension, for the words that are edited. */
export function caretsOf(desk, text) {
  const plugin = ViewPlugin.fromClass(
    class {
      decorations = Decoration.none
      constructor(view) {
        this.view = view
        this.heard = () => queueMicrotask(() => !this.destroyed && view.dispatch({}))
        desk.presence.on('change', this.heard)
        this.draw()
        this.tell()
      }
      update(update) {
        this.draw()
        if (update.selectionSet || update.docChanged || update.focusChanged) this.tell()
      }
      destroy() {
        this.destroyed = true
        desk.presence.off('change', this.heard)
      }
      draw() {
        const length = this.view.state.doc.length
        const here = desk.others.peek().filter(other => other.point && desk.text(other.point) === text)
        const ranges = here.flatMap(other => {
          const [from, to, at] = [Math.min(other.anchor, other.head), Math.max(other.anchor, other.head), other.head].map(place =>
            Math.min(place, length)
          )
          const caret = Decoration.widget({ widget: new Caret(other), side: 1 }).range(at)
          return from < to ? [Decoration.mark({ class: `selection ${of(other.party)}` }).range(from, to), caret] : [caret]
        })
        this.decorations = Decoration.set(ranges, true)
      }
      tell() {
        const { anchor, head } = this.view.state.selection.main
        const place = at => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, at))
        desk.presence.setLocalStateField('cursor', this.view.hasFocus ? { anchor: place(anchor), head: place(head) } : null)
      }
    },
    { decorations: one => one.decorations }
  )
  return [plugin, theme, colours]
}
