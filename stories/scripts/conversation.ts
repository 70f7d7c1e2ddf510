import type { DialogueProps, DialogueViewProps } from 'react-deepgram'
import type { ListenScript } from 'react-deepgram/testing'

type Message = NonNullable<DialogueViewProps['history']>[number]

/** What the user says, one line after the other; the microphone's clock stands still while the page speaks. */
export const questions: ListenScript = [
  { text: 'What can I see from here?', at: 0.8 },
  { text: 'And in the evening?', at: 5 },
]

const answers = ['The lake and two old towers.', 'Lights on the far shore.']

/** A model that knows its answers by heart, and writes them word by word. */
export function createScriptedModel(): NonNullable<DialogueProps['onTurn']> {
  let turn = 0
  return async function* answer() {
    for (const word of answers[turn++ % answers.length]!.split(/(?<= )/)) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      yield word
    }
  }
}

const latency = { tokenMs: 210, soundMs: 460 }

/** A conversation as a session would have it, up to an answer in this state. */
export const conversation = (state: 'spoken' | 'speaking' | 'interrupted' | 'unspoken' = 'spoken'): Message[] => {
  const text =
    'The lake, and the two old towers behind it. On a clear day you can even make out the snow on the far side.'
  const heard = 'The lake, and the two old towers behind it. On a clear'
  const content = state === 'spoken' || state === 'unspoken' ? text : heard
  return [
    {
      id: 'm1',
      role: 'assistant',
      content: 'Good morning. How can I help?',
      text: 'Good morning. How can I help?',
      state: 'spoken',
      playedSeconds: 1.9,
      latency,
    },
    { id: 'm2', role: 'user', content: 'What can I see from here?' },
    { id: 'm3', role: 'assistant', content, text, state, playedSeconds: state === 'unspoken' ? 0 : 3.4, latency },
  ]
}
