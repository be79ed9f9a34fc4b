// A question that is asked once before something cannot be taken back.
import { signal, useEffect, useRef } from '../vendor.js'
import { html, say } from './kit.js'

const asked = signal(null)

/** Asks; answers whether it is to be done. `text` and `list` say what for, `yes` names the outcome. */
export const ask = question => new Promise(resolve => (asked.value = { ...question, resolve }))

/** Where questions are asked. */
export function Asked() {
  const dialog = useRef(null)
  const question = asked.value
  useEffect(() => {
    if (question) dialog.current.showModal()
  }, [question])
  if (!question) return null
  const answer = yes => {
    asked.value = null
    question.resolve(yes)
  }
  return html`<dialog ref=${dialog} aria-labelledby="asked" onCancel=${() => answer(false)}>
    <h2 id="asked">${question.title}</h2>
    <p>${question.text}</p>
    ${question.list && html`<ul>${question.list.map(one => html`<li key=${one}><bdi>${one}</bdi></li>`)}</ul>`}
    <p class="offers">
      <button type="button" class="first" onClick=${() => answer(true)}>${question.yes}</button>
      <button type="button" onClick=${() => answer(false)}>${say('cancel')}</button>
    </p>
  </dialog>`
}
