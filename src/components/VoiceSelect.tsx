'use client'
import { forwardRef, type ReactNode } from 'react'
import { labelOf } from './labels.ts'
import { SelectField, type SelectProps } from './SelectField.tsx'
import { SpeakButton } from './SpeakButton.tsx'

/** Props of {@link VoiceSelectView}. */
export interface VoiceSelectViewProps extends SelectProps {
  /** The voices to choose from, by model name: `aura-2-thalia-en`, … */
  voices: readonly string[]
  /** The chosen voice. */
  value: string
  /** Called with the chosen voice. Give it to `useDeepgramSpeak` as `model`; the next text is spoken by it. */
  onVoiceChange?: ((model: string) => void) | undefined
  /** What stands after the select: a button to hear the voice, for example. */
  after?: ReactNode
}

/**
 * Chooses a voice among those it is given; what is shown is read out of the models' names.
 *
 * Renders a `<label>` with a `<select>`, to which ref, class, style and handlers go.
 */
export const VoiceSelectView = forwardRef<HTMLSelectElement, VoiceSelectViewProps>(function VoiceSelectView(
  { voices, onVoiceChange, after, labels, ...rest },
  ref,
) {
  return (
    <SelectField
      {...rest}
      selectRef={ref}
      name={labelOf(labels, 'voice')}
      onPick={onVoiceChange}
      after={after}
      choices={voices.map((model) => [model, voiceName(model)] as const)}
    />
  )
})

// As served in October 2026. A voice that is not listed can still be given as `value`.
/** The service's voices by language. */
const AURA_2 = {
  en: 'amalthea andromeda apollo arcas aries asteria athena atlas aurora callista cora cordelia delia draco electra harmonia helena hera hermes hyperion iris janus juno jupiter luna mars minerva neptune odysseus ophelia orion orpheus pandora phoebe pluto saturn selene thalia theia vesta zeus',
  es: 'agustina alvaro antonia aquila carina celeste diana estrella gloria javier luciano nestor olivia selena silvia sirio valerio',
  de: 'aurelia elara fabian julius kara lara viktoria',
  nl: 'beatrix cornelia daphne hestia lars leda rhea roman sander',
  fr: 'agathe hector',
  it: 'cesare cinzia demetra dionisio elio flavio livia maia melia',
  ja: 'ama ebisu fujin izanami uzume',
}

/** Heard when a voice is tried. */
const SAMPLES: Record<keyof typeof AURA_2, string> = {
  en: 'Hello. This is how I sound.',
  es: 'Hola. Así sueno yo.',
  de: 'Hallo. So klinge ich.',
  nl: 'Hallo. Zo klink ik.',
  fr: 'Bonjour. Voici ma voix.',
  it: 'Ciao. Questa è la mia voce.',
  ja: 'こんにちは。これが私の声です。',
}

/** Props of {@link VoiceSelect}. */
export interface VoiceSelectProps extends Omit<VoiceSelectViewProps, 'voices' | 'after'> {
  /** Language of the voices. @default 'en' */
  language?: keyof typeof AURA_2 | undefined
  /** Offers to hear the chosen voice; a text is what it says. @default false: `true` says a sentence of its language */
  preview?: boolean | string | undefined
}

/**
 * Chooses among the service's Aura-2 voices of a language, and lets them be heard. See {@link VoiceSelectView}.
 *
 * The preview has a session of its own, with the options of the nearest `DeepgramProvider`; it is a {@link SpeakButton}.
 */
export const VoiceSelect = forwardRef<HTMLSelectElement, VoiceSelectProps>(function VoiceSelect(
  { language = 'en', preview = false, ...rest },
  ref,
) {
  const voices = AURA_2[language].split(' ').map((name) => `aura-2-${name}-${language}`)
  if (!voices.includes(rest.value)) voices.unshift(rest.value)
  const { labels, value } = rest
  return (
    <VoiceSelectView
      {...rest}
      ref={ref}
      voices={voices}
      after={
        preview !== false && (
          // Another voice begins anew, so that what is heard is what is chosen.
          <SpeakButton key={value} model={value} text={preview === true ? SAMPLES[language] : preview} labels={labels}>
            {labelOf(labels, 'tryVoice')}
          </SpeakButton>
        )
      }
    />
  )
})

/** `aura-2-thalia-en` is Thalia (en). */
function voiceName(model: string): string {
  const [, name, language] = /-([a-z]+)-([a-z-]+)$/.exec(model) ?? []
  return name ? `${name[0]!.toUpperCase()}${name.slice(1)} (${language})` : model
}
