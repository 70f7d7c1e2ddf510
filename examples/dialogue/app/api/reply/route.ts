import { streamText, type ModelMessage } from 'ai'

const instructions =
  'You are spoken with. Answer in one to three short sentences of plain text, without lists or symbols. An answer of yours that breaks off was interrupted there.'

/**
 * Answers a conversation with a stream of text. `AI_MODEL` names a model of any provider, for example
 * `anthropic/claude-sonnet-4.5`, which the AI SDK reaches with `AI_GATEWAY_API_KEY`; a provider's own package does as well.
 */
export async function POST(request: Request): Promise<Response> {
  // In an application: only for users who are signed in.
  const { messages } = (await request.json()) as { messages: ModelMessage[] }
  const model = process.env.AI_MODEL
  if (!model) return new Response(echo(messages).pipeThrough(new TextEncoderStream()))
  const { textStream } = streamText({ model, instructions, messages, abortSignal: request.signal })
  return new Response(textStream.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  })
}

/** Stands for a model: says again what it heard, word by word. */
function echo(messages: readonly ModelMessage[]): ReadableStream<string> {
  const words = `you said ${String(messages.at(-1)?.content)}`.split(/(?<= )/)
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      const word = words.shift()
      if (word === undefined) controller.close()
      else controller.enqueue(word)
    },
  })
}
