// A second scale for what scripts/sizes.mjs weighs: size-limit bundles it in one piece, what is loaded on demand included. The
// limits are the weights written down in bench/sizes.json, with the hundredth that test/contract/sizes.test.ts allows.
import { parts, recorded } from './scripts/sizes.mjs'

export default Object.entries(parts).map(([name, { imports }]) => ({
  name,
  path: imports.includes('/core') ? 'dist/core.js' : 'dist/index.js',
  import: imports.startsWith('export *') ? '*' : `{ ${name} }`,
  ignore: ['react', 'react-dom'],
  limit: `${Math.round(recorded()[name].all * 1.01)} B`,
}))
