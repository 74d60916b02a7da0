// Asks the lab at LAB_URL with the openai package and prints what came back as one JSON object.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: `${process.env.LAB_URL}/v1`, apiKey: process.env.LAB_KEY, maxRetries: 0 });
const model = process.env.LAB_MODEL;
const messages = [{ role: "user", content: "1+2?" }];

async function failure(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.code, param: error.param, type: error.type };
  }
}

const models = [];
for await (const one of client.models.list()) models.push(one.id);

const whole = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 48 });

const streamed = { content: "", reasoning: "", finish: null, usage: null, ids: new Set() };
const stream = await client.chat.completions.create({
  model, messages, temperature: 0, max_tokens: 48, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  streamed.ids.add(chunk.id);
  streamed.usage = chunk.usage ?? streamed.usage;
  for (const choice of chunk.choices) {
    streamed.content += choice.delta.content ?? "";
    streamed.reasoning += choice.delta.reasoning_content ?? "";
    streamed.finish = choice.finish_reason ?? streamed.finish;
  }
}

const completion = await client.completions.create({ model, prompt: "1+2", temperature: 0, max_tokens: 4, echo: true, logprobs: 1 });

console.log(JSON.stringify({
  models,
  whole: { content: whole.choices[0].message.content, reasoning: whole.choices[0].message.reasoning_content ?? "", finish: whole.choices[0].finish_reason, usage: whole.usage },
  streamed: { ...streamed, ids: streamed.ids.size },
  completion: { text: completion.choices[0].text, tokens: completion.choices[0].logprobs.tokens.length, usage: completion.usage },
  errors: {
    model: await failure(() => client.chat.completions.create({ model: "nobody", messages })),
    field: await failure(() => client.chat.completions.create({ model, messages, temperature: -1 })),
    key: await failure(() => new OpenAI({ baseURL: client.baseURL, apiKey: "r1l_wrong", maxRetries: 0 }).models.list()),
  },
}));
