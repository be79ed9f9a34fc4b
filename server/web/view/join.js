// Joining by a link, or by a recovery code. The token in the link is taken out of the address bar and the history before anything else.
import { signal } from '../vendor.js'
import { send } from '../net/api.js'
import { ended, enter, who } from '../desk.js'
import { Do, Trouble, html, say } from './kit.js'

/** An invitation that came with the address: it stands nowhere but here. */
export const token = signal(taken())
const joined = signal(null)
const error = signal(null)

function taken() {
  if (location.pathname !== '/join') return null
  const invitation = location.hash.slice(1)
  history.replaceState(null, '', '/')
  return invitation || null
}

async function take(request) {
  error.value = null
  try {
    joined.value = await send('POST', '/join', { ...request, cookie: true })
    await enter()
  } catch (refused) {
    error.value = refused
  }
}

/** The page of who holds a link, or nothing yet. */
export function Join({ joined: done }) {
  if (joined.value) return html`<${Recovery} done=${done} />`
  return html`<main class="sheet">
    <h1>${say('plenary')}</h1>
    ${
      token.value
        ? html`<p>${say('join.invited')}</p>
          <${Do} kind="first" act=${() => take({ invitation: token.value })}>${say('join.take')}<//>`
        : html`<p role="status">${say(ended.value ? 'join.ended' : 'join.nobody')}</p>`
    }
    ${error.value && html`<${Trouble} error=${error.value} />`}
    ${error.value?.status === 403 && html`<p>${say('join.refused')}</p>`}
    <${ByCode} />
  </main>`
}

function ByCode() {
  const submit = event => {
    event.preventDefault()
    const recovery = new FormData(event.target).get('code').trim()
    if (recovery) take({ recovery })
  }
  return html`<form class="code" onSubmit=${submit}>
    <label for="code">${say('join.code')}</label>
    <input id="code" name="code" autocomplete="off" spellcheck=${false} />
    <button>${say('join.recover')}</button>
  </form>`
}

/** The recovery code, shown this once. */
function Recovery({ done }) {
  const { recovery } = joined.value
  const further = () => {
    joined.value = token.value = null
    done()
  }
  return html`<main class="sheet">
    <h1>${say('recovery.title')}</h1>
    <p>${say('recovery.what')}</p>
    <p class="secret"><code>${recovery}</code></p>
    <p>${say('recovery.once')}</p>
    <button class="first" onClick=${further}>${say('recovery.kept')}</button>
  </main>`
}

/** Ends this device: its cookie is good for nothing from then on. */
export async function leave(devices) {
  const own = devices.find(device => device.this)
  if (own) await send('DELETE', `/devices/${own.device}`)
  joined.value = null
  ended.value = false
  who.value = null
}
