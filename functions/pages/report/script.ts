/** The one script of a report: sorts and filters the table of candidates, and lights up a candidate wherever it stands. */
/* It adds what it needs itself, so that nothing dead stands on the page without it. It loads, sends and stores nothing. */
export const SCRIPT = `
(() => {
  const all = (s, e = document) => [...e.querySelectorAll(s)]
  const make = (name, text, at = {}) => Object.assign(document.createElement(name), { textContent: text }, at)
  const table = document.querySelector('table.data[data-sort]')
  if (table) {
    const body = table.tBodies[0]
    const rows = all('tr', body)
    const value = (row, i) => {
      const cell = row.cells[i]
      const text = cell.dataset.v ?? cell.textContent.trim()
      const n = Number(text)
      return text === '' ? null : Number.isNaN(n) ? text : n
    }
    const heads = all('thead th', table)
    heads.forEach((head, i) => {
      const button = make('button', head.textContent, { type: 'button' })
      head.replaceChildren(button)
      button.addEventListener('click', () => {
        const up = head.getAttribute('aria-sort') !== 'ascending'
        heads.forEach((h) => h.removeAttribute('aria-sort'))
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending')
        const order = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === 'number' ? -1 : 1)
        const sorted = rows.map((row, at) => [value(row, i), at, row]).sort(([a, x], [b, y]) =>
          a === null || b === null ? (a === null) - (b === null) || x - y : (up ? order(a, b) : order(b, a)) || x - y)
        body.append(...sorted.map(([, , row]) => row))
      })
    })
    const box = make('p', '', { className: 'filter' })
    const words = make('input', '', { type: 'search', id: 'filter-words' })
    const fate = make('select', '', { id: 'filter-fate' })
    fate.append(make('option', 'all', { value: '' }), ...[...new Set(rows.map((r) => r.dataset.fate))].map((f) => make('option', f.replaceAll('_', ' '), { value: f })))
    const said = make('span', '')
    said.setAttribute('role', 'status')
    const show = () => {
      const wanted = words.value.toLowerCase()
      let n = 0
      for (const row of rows) {
        row.hidden = !((fate.value === '' || row.dataset.fate === fate.value) && row.textContent.toLowerCase().includes(wanted))
        if (!row.hidden) n++
      }
      said.textContent = n + ' of ' + rows.length + ' shown'
    }
    words.addEventListener('input', show)
    fate.addEventListener('change', show)
    const label = (text, field) => {
      const l = make('label', text + ' ', { htmlFor: field.id })
      l.append(field)
      return l
    }
    box.append(label('Find', words), label('What became of it', fate), said)
    table.parentElement.before(box)
    show()
  }
  const tip = make('p', '', { id: 'tip', hidden: true })
  tip.setAttribute('role', 'status')
  document.body.append(tip)
  const says = (id) => {
    const row = document.querySelector('tr[data-c="' + CSS.escape(id) + '"]')
    if (!row) return id
    const head = all('thead th', row.closest('table')).map((h) => h.textContent)
    return [...row.cells].slice(0, 4).map((c, i) => (i === 0 ? '' : head[i] + ' ') + c.textContent.trim()).join(', ')
  }
  const light = (id) => {
    all('.hot').forEach((e) => e.classList.remove('hot'))
    tip.hidden = id === null
    if (id === null) return
    all('[data-c="' + CSS.escape(id) + '"]').forEach((e) => e.classList.add('hot'))
    tip.textContent = says(id)
  }
  const over = (event) => {
    const found = event.target.closest?.('[data-c]')
    light(found ? found.dataset.c : null)
  }
  document.addEventListener('pointerover', over)
  document.addEventListener('focusin', over)
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') light(null)
  })
})()
`.trim()
