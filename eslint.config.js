import js from '@eslint/js'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import ts from 'typescript-eslint'

export default ts.config(
  {
    ignores: [
      '**/dist/',
      '**/storybook-static/',
      '**/node_modules/',
      '**/coverage/',
      '**/test-results/',
      '**/.cache/',
      '**/.next/',
    ],
  },

  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // The compiler's noUncheckedIndexedAccess makes every read of a sample optional; `!` costs no byte, a guard does.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Callers may write JavaScript: an argument is checked although its type says that it cannot be wrong.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `=== true` is no detour where the value comes from an application.
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      // A function may promise a promise and have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Matters of taste.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      // An abort is thrown as the caller's own reason, whatever it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: false }],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingUnknown: true, allowThrowingAny: false },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false, properties: false } },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      // Protocols have control characters.
      'no-control-regex': 'off',
      'no-undef': 'off',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/testing/cli.ts'],
    // Warnings for a developer are allowed; nothing else goes to the console alone.
    rules: { 'no-console': ['error', { allow: ['warn'] }] },
  },

  // The rules of hooks, and what the React Compiler asks of a component.
  {
    files: [
      'src/{hooks,components}/**/*.{ts,tsx}',
      'stories/**/*.tsx',
      'examples/**/*.tsx',
      'test/**/*.tsx',
      '.storybook/*.tsx',
    ],
    extends: [reactHooks.configs.flat['recommended-latest']],
  },

  {
    files: ['{test,bench,stories,examples,.storybook}/**/*.{ts,tsx}'],
    rules: {
      // A test reads foreign JSON and pokes at what the types forbid.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },

  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: { ...globals.node } },
  },
)
