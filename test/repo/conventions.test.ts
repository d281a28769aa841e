// Habits that neither the linter nor the compiler knows.
import { basename, extname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read, repositoryFiles } from './source-files.ts'

const CODE = repositoryFiles(/^(?:src|test|\.ci)\/.*\.ts$/).filter((path) => !path.includes('/generated/'))
const MEANINGLESS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared', 'lib', 'index'])

const conventions = suite('conventions')

conventions('every file opens with a sentence on what it is for', () => {
  const silent = CODE.filter((path) => !/^(?:#!.*\n)?\/\/ \S.*(?:\n\/\/ .*)*[.:?]\n/.test(read(path)))
  assert.equal(silent, [])
})

conventions('no file or folder has a name that fits everything', () => {
  const vague = CODE.filter((path) => path.split('/').some((part) => MEANINGLESS.has(basename(part, extname(part)))))
  assert.equal(vague, [])
})

conventions('names are in lower case, with dashes', () => {
  const odd = CODE.filter((path) => /[A-Z_]/.test(path))
  assert.equal(odd, [])
})

conventions('no file of the program is so long that it must be about several things', () => {
  const long = CODE.filter((path) => path.startsWith('src/') && read(path).split('\n').length > 350)
  assert.equal(long, [])
})

conventions.run()
