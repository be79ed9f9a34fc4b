// Brackets in the editor, lit as in the text that is set: what is typed shows at once whether it closes.
import { Decoration, EditorView, ViewPlugin } from '../vendor.js'
import { pieces } from '../model/bracket.js'

const theme = EditorView.baseTheme({
  '.bracket': { backgroundColor: 'var(--bracket)' },
  '.bracket.other': { backgroundColor: 'var(--other)' },
  '.mark': { color: 'var(--bracket-ink)', fontWeight: '700' },
  '.loose': { color: 'var(--paper)', backgroundColor: 'var(--danger)', fontWeight: '700' }
})

const plugin = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = lit(view.state)
    }
    update(update) {
      if (update.docChanged) this.decorations = lit(update.state)
    }
  },
  { decorations: one => one.decorations }
)

function lit({ doc }) {
  const looks = ({ depth, place, mark, loose }) =>
    [depth && 'bracket', place !== null && place % 2 === 1 && 'other', mark && 'mark', loose && 'loose'].filter(Boolean).join(' ')
  const all = pieces(doc.toString()).filter(piece => piece.text && (piece.depth || piece.loose))
  return Decoration.set(all.map(piece => Decoration.mark({ class: looks(piece) }).range(piece.at, piece.at + piece.text.length)))
}

/** The extension. */
export const brackets = [plugin, theme]
