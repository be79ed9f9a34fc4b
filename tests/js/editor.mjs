// `y-codemirror.next` on a text, in a page that nobody looks at.
import { JSDOM } from 'jsdom'

const page = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true })
const { window } = page
for (const name of ['window', 'Window', 'document', 'MutationObserver', 'Node', 'HTMLElement', 'getComputedStyle']) {
  globalThis[name] ??= window[name]
}
globalThis.requestAnimationFrame ??= callback => window.requestAnimationFrame(callback)
globalThis.cancelAnimationFrame ??= id => window.cancelAnimationFrame(id)
// Nothing is laid out.
window.Range.prototype.getClientRects = () => []
window.Range.prototype.getBoundingClientRect = () => new window.DOMRect()

const { EditorState } = await import('@codemirror/state')
const { EditorView, keymap } = await import('@codemirror/view')
const { yCollab, yUndoManagerKeymap } = await import('y-codemirror.next')

export class Editor {
  constructor (ytext, awareness) {
    this.view = new EditorView({
      state: EditorState.create({
        doc: ytext.toString(),
        extensions: [keymap.of(yUndoManagerKeymap), yCollab(ytext, awareness)]
      }),
      parent: window.document.body
    })
  }

  // As a person does who puts the caret there, marks so much and types.
  type (at, count, insert) {
    this.view.dispatch({ selection: { anchor: at, head: at + count } })
    this.view.dispatch(this.view.state.replaceSelection(insert), { userEvent: 'input.type' })
  }

  paste (at, words) {
    this.view.dispatch({ selection: { anchor: at } })
    const event = new window.Event('paste', { bubbles: true, cancelable: true })
    event.clipboardData = { getData: kind => kind === 'text/plain' ? words : '' }
    this.view.contentDOM.dispatchEvent(event)
  }

  press (key) {
    const event = new window.KeyboardEvent('keydown', { key, ctrlKey: true, bubbles: true, cancelable: true })
    this.view.contentDOM.dispatchEvent(event)
  }

  // It may hold halves of characters, which no JSON can.
  words () { return this.view.state.doc.toString().replace(/\p{Surrogate}/gu, '\uFFFD') }
}
