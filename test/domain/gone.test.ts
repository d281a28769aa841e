// When something outside counts as gone, and when it does not.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isGone, SECOND_LOOK_MS } from '../../src/domain/gone.ts'
import { documentsApiUrl, tokenUrlOf } from '../../src/domain/endpoints.ts'

const test = suite('gone, endpoints')

const rows: [title: string, listed: string[], known: string[], sinceMs: number, gone: boolean][] = [
  ['a list that lacks it and shows another that we know', ['b'], ['a', 'b'], 0, true],
  ['a list that shows it', ['a', 'b'], ['a', 'b'], SECOND_LOOK_MS, false],
  ['an empty list, at first sight', [], ['a', 'b'], 0, false],
  ['a list of strangers, at first sight', ['x'], ['a', 'b'], 0, false],
  ['a list of strangers, just before the second look', ['x'], ['a', 'b'], SECOND_LOOK_MS - 1, false],
  ['an empty list, at the second look', [], ['a'], SECOND_LOOK_MS, true],
]

for (const [title, listed, known, sinceMs, gone] of rows) {
  test(`${title}: ${gone ? 'gone' : 'not gone'}`, () => {
    assert.is(isGone('a', { listed: new Set(listed), known, sinceMs }), gone)
  })
}

for (const [cell, template, url] of [
  ['eu-1', undefined, 'https://api.documents.resistant.ai'],
  ['us-1', undefined, 'https://api.us-1.documents.resistant.ai'],
  ['us-1', 'https://docs.example/{cell}', 'https://docs.example/us-1'],
  ['us-1', 'https://docs.example', 'https://docs.example'],
] as const) {
  test(`documents of ${cell} with template ${template} go to ${url}`, () => {
    assert.is(documentsApiUrl(cell, template), url)
  })
}

const ELSEWHERE = 'https://elsewhere.example/token'
const permitted = (url: string) => URL.canParse(url) && new URL(url).hostname.endsWith('.id.resistant.ai')
const LINK = 'https://eu.id.resistant.ai/oauth2/own/v1/token'
const PUBLISHED = 'https://eu.id.resistant.ai/oauth2/aus2un1hkrKhPjir4417/v1/token'

for (const [title, application, url] of [
  ['its own link', { tokenUrl: LINK, authServer: 'aus1', cell: 'eu-1' }, LINK],
  ['nowhere, when its link leads elsewhere', { tokenUrl: ELSEWHERE, authServer: LINK, cell: 'eu-1' }, undefined],
  ['its auth_server, when that is a permitted URL', { authServer: LINK, cell: 'eu-1' }, LINK],
  ['the published table, when auth_server is an id', { authServer: 'aus1', cell: 'eu-1' }, PUBLISHED],
  ['nowhere, for a cell that the table lacks', { authServer: 'aus1', cell: 'zz-9' }, undefined],
] as const) {
  test(`an application's tokens come from ${title}`, () => assert.is(tokenUrlOf(application, permitted), url))
}

test.run()
