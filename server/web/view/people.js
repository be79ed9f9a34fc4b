// Whose seats they are: the delegation's own people, admitted and seen off by its heads, and one's own devices.
import { useEffect, useSignal, useState } from '../vendor.js'
import { get, send } from '../net/api.js'
import { conference, enter, who } from '../desk.js'
import { ask } from './ask.js'
import { Do, Name, Trouble, html, moment, partyName, say } from './kit.js'

/** The roles that a delegation's heads give. */
const ROLES = ['delegate', 'adviser', 'observer', 'head']

export function Delegation() {
  const me = who.value
  const [error, fail] = useState(null)
  const own = conference.value.members.filter(member => member.party === me.party)
  const admits = me.role === 'head' || me.role === 'chair'
  const end = async member => {
    const question = { title: say('seat.end'), text: say('seat.ask'), list: [member.name], yes: say('seat.end') }
    if (await ask(question)) await send('DELETE', `/conferences/${me.conference}/members/${member.member}`).then(enter, fail)
  }
  return html`<details class="people">
    <summary>${say('delegation', { party: partyName(me.party) })}</summary>
    <ul>${own.map(member => html`<li key=${member.member}>
      <span><${Name} of=${member.name} />, ${say(`role.${member.role}`)}${member.member === me.member ? ` (${say('you')})` : ''}</span>
      ${admits && member.member !== me.member && html`<${Do} kind="quiet" act=${() => end(member)}>${say('seat.end')}<//>`}
    </li>`)}</ul>
    ${error && html`<${Trouble} error=${error} />`}
    ${admits && html`<${Invite} me=${me} />`}
  </details>`
}

/** A link for somebody, shown this once: whoever holds it takes the seat. */
function Invite({ me }) {
  const [name, role] = [useSignal(''), useSignal('delegate')]
  const [link, give] = useState(null)
  const [error, fail] = useState(null)
  const invite = async () => {
    fail(null)
    const body = { party: me.party, role: role.value, name: name.value.trim() }
    const { invitation } = await send('POST', `/conferences/${me.conference}/members`, body)
    give({ to: body.name, url: `${location.origin}/join#${invitation}` })
    name.value = ''
    await enter()
  }
  return html`<form class="compose" onSubmit=${event => event.preventDefault()}>
    <label>${say('invite.name')} <input value=${name.value} onInput=${event => (name.value = event.target.value)} /></label>
    <label>${say('invite.role')}
      <select value=${role.value} onChange=${event => (role.value = event.target.value)}>
        ${ROLES.map(one => html`<option key=${one} value=${one} selected=${one === role.value}>${say(`role.${one}`)}</option>`)}
      </select>
    </label>
    ${error && html`<${Trouble} error=${error} />`}
    <p><${Do} disabled=${!name.value.trim()} act=${() => invite().catch(fail)}>${say('invite')}<//></p>
    ${link && html`<p class="secret" role="status">${say('invite.link', { name: link.to })} <code>${link.url}</code></p>`}
  </form>`
}

export function Devices() {
  const [devices, set] = useState([])
  const [error, fail] = useState(null)
  const load = () => get('/devices').then(set, fail)
  useEffect(() => {
    load()
  }, [])
  const end = one => send('DELETE', `/devices/${one.device}`).then(load, fail)
  return html`<details class="people">
    <summary>${say('devices', { n: devices.length })}</summary>
    <ul>${devices.map(one => html`<li key=${one.device}>
      <span>${say('device.since', { when: moment(one.since_ms) })}${one.this ? ` (${say('device.this')})` : ''}</span>
      ${!one.this && html`<${Do} kind="quiet" act=${() => end(one)}>${say('device.end')}<//>`}
    </li>`)}</ul>
    ${error && html`<${Trouble} error=${error} />`}
  </details>`
}
