// The page: where one is decides what is shown.
import { computed, effect, render, signal } from './vendor.js'
import { Desk, announced, desk, enter, projector, who } from './desk.js'
import { name } from './model/clean.js'
import { read, write } from './model/route.js'
import { Trouble, html, say, speaks } from './view/kit.js'
import { Join, token } from './view/join.js'
import { Front } from './view/front.js'
import { Plan } from './view/plan.js'
import { Asked } from './view/ask.js'

const hash = signal(location.hash)
const route = computed(() => read(hash.value))

addEventListener('hashchange', () => (hash.value = location.hash))

/** Goes somewhere; `quietly` leaves no step in the history. */
function go(place, quietly = false) {
  const to = write(place)
  if (to === location.hash) return
  history[quietly ? 'replaceState' : 'pushState'](null, '', to)
  hash.value = to
}

const open = computed(() =>
  who.value?.kind === 'member' && route.value.plan ? `${route.value.conference}/${route.value.plan}` : null
)

effect(() => {
  const wanted = open.value
  desk.peek()?.end()
  desk.value = wanted ? new Desk(...wanted.split('/')) : null
  projector.value = false
})

effect(() => {
  const title = desk.value?.views.outline.value?.title
  document.title = title ? `${name(title)} · Plenary` : 'Plenary'
})

/** Why it is not known who one is. */
const failed = signal(null)

function begin() {
  failed.value = null
  return enter().catch(error => (failed.value = error))
}

function Page() {
  if (!speaks.value) return null
  if (token.value || who.value === null) return html`<${Join} joined=${() => go({ look: 'front' }, true)} />`
  if (failed.value) {
    return html`<main class="sheet"><${Trouble} error=${failed.value} /><button onClick=${begin}>${say('trouble.again')}</button></main>`
  }
  if (who.value === undefined) return html`<p class="wait">${say('wait')}</p>`
  if (desk.value) return html`<${Plan} desk=${desk.value} route=${route.value} go=${go} />`
  return html`<${Front} />`
}

function Announcer() {
  return html`<div class="spoken" role="status" aria-live="polite">${announced.value}</div>`
}

render(html`<${Page} /><${Asked} /><${Announcer} />`, document.getElementById('page'))
if (!token.value) begin()
