/**
 * What blocks of agents' traffic have in common, for zstd to refer to instead of writing it again: a block is small, and
 * half of a small one is brackets, names of fields and common words. Blocks are read with the words that they were
 * written with, so that this text never changes: another one would get a mark of its own (`block-content.ts`). What is
 * most frequent stands last.
 */
const PROSE =
  'the and of to in is that for it with as was on are be this by at from or an have not which you can will has we but all ' +
  'their they one been would there when if more no out so up said what its about into than them only other new some could ' +
  'time these two may then do first any my now such like our over even most made after also did many must through back ' +
  'where much your way well should because each just those how too little state good very make still own see work between ' +
  'under never same another while last since against used without before again every both during does. The This That These ' +
  "In A I It We To For If When You Here Let me look at the file. I'll check the code and run the tests. I will Now let me " +
  "Let's need to make sure that the function returns the value; instead of the current implementation, first update the " +
  'following changes: there is an error, because the request was not found. Please note that the response should be ' +
  'successfully created. The user wants me to read, write, edit, search, list and fix the failing test. Next step, done.';

const CODE =
  ' SELECT FROM WHERE INSERT INTO VALUES ORDER BY GROUP BY LIMIT JOIN ON AND NOT NULL CREATE TABLE #include <stdio.h> int ' +
  'main(void) { printf("%d\\n", std::string const auto& func (err error) if err != nil { return nil, err } package main ' +
  'import ( "fmt" pub fn let mut self.impl Some(None) Ok(Err) -> Result<String> match use crate:: public static final void ' +
  'private protected class extends implements @Override throws Exception System.out.println( def __init__(self, name: str) ' +
  "-> None: if __name__ == '__main__': for in range(len( import os import sys import json from typing import Optional List " +
  'Dict Any try: except Exception as e: raise ValueError( with open( as f: return True False elif not is lambda yield ' +
  "assert self.assertEqual( describe('it(' expect( ).toBe( ).toEqual( beforeEach(async () => { const { } = require( export " +
  'default interface type readonly string number boolean undefined null unknown Promise<void> Array<string> Record<string, ' +
  "await import { } from 'node:fs'; export function async function return new Error( throw new if (typeof === 'string') " +
  'else if ( !== undefined) .map((item) => item. .filter( .length === 0 .push( .join( Object.keys( JSON.stringify( ' +
  'console.log( catch (error) { } finally { const let for (const of  constructor( this. private get set static #';

const SHELL =
  ' diff --git a/ b/ index 100644 --- a/ +++ b/ @@ -1,  +1, @@ drwxr-xr-x -rw-r--r-- 1 root root 4096 total commit Author: ' +
  'Date: On branch main Changes not staged for commit: modified: Untracked files: npm run test npm install node_modules/ ' +
  'package.json tsconfig.json README.md Cargo.toml pyproject.toml requirements.txt src/index.ts src/main.py tests/test_ ' +
  '/home/user/ /usr/local/lib/python3.12/site-packages/ Traceback (most recent call last):\\n  File \\", line , in ' +
  '<module>\\n Error: Cannot find module No such file or directory Permission denied command not found exit code 1 passed ' +
  'failed 0 errors FAILED PASSED Test Files Tests Duration cd && ls -la && grep -rn  --include=*.ts | head -20 2>&1 git ' +
  'status git diff cat sed -n find . -name echo mkdir -p <system-reminder> </system-reminder> The file has been updated ' +
  "successfully. Here's the result of running `cat -n` on a snippet of the edited file: [Old tool result content cleared]";

const FIELDS =
  '{"type":"object","properties":{"command":{"type":"string","description":"The absolute path to the file to read"},' +
  '"pattern":{"type":"string"},"limit":{"type":"integer","minimum":0,"maximum":100,"default":10},"items":{"type":"array",' +
  '"items":{"type":"string","enum":[]}},"optional":{"type":"boolean"}},"required":["path"],"additionalProperties":false,' +
  '"$schema":"http://json-schema.org/draft-07/schema#"},"input_schema":{"type":"object","properties":{"path":{"type":' +
  '{"candidates":[{"content":{"parts":[{"text":"","functionCall":{"name":"","args":{}}}],"role":"model"},"finishReason":' +
  '"STOP","index":0}],"usageMetadata":{"promptTokenCount":,"candidatesTokenCount":,"totalTokenCount":},"modelVersion":' +
  '{"output":{"message":{"content":[{"toolUse":{"toolUseId":"tooluse_","name":"","input":{}}}]}},"stopReason":"tool_use",' +
  'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"msg_","output_index":0,' +
  '"content_index":0,"delta":"","sequence_number":,"response":{"id":"resp_","object":"response","status":"completed",' +
  '"output":[{"type":"function_call","call_id":"call_","name":"","arguments":"{\\"path\\":\\"","id":"fc_"}],' +
  'data: {"id":"chatcmpl-","object":"chat.completion.chunk","created":17,"model":"gpt-","service_tier":"default",' +
  '"system_fingerprint":"fp_","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,' +
  '"id":"call_","type":"function","function":{"name":"","arguments":"{\\"file_path\\":\\""}}],"refusal":null},"logprobs":' +
  'null,"finish_reason":null}],"usage":null}\n\ndata: {"choices":[{"message":{"role":"assistant","content":"","refusal":' +
  'null,"annotations":[]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":,"completion_tokens":,"total_tokens":,' +
  '"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,' +
  '"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}\n\ndata: [DONE]\n\n' +
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant",' +
  '"model":"claude-","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":,' +
  '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,' +
  '"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}}\n\nevent: content_block_start\ndata: ' +
  '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: ping\ndata: {"type":"ping"}' +
  '\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}' +
  '\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta",' +
  '"partial_json":""}}\n\nevent: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\nevent: message_delta' +
  '\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":}}' +
  '\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n{"type":"thinking","thinking":"","signature":"' +
  '{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{"id":"msg_","type":"message","role":' +
  '"assistant","model":"","stop_sequence":null,"stop_reason":"end_turn","usage":{"input_tokens":,"output_tokens":}}' +
  '{"type":"tool_result","tool_use_id":"toolu_","content":[{"type":"text","text":""}],"is_error":true}' +
  '{"type":"tool_use","id":"call_","name":"Read","input":{"file_path":"/{"type":"tool_use","id":"toolu_","name":"Bash",' +
  '"input":{"command":"","description":"{"type":"tool_use","id":"toolu_01","name":"Edit","input":{"file_path":"/' +
  '","old_string":"\\n        \\n    ","new_string":"\\n\\n\\t\\t\\n      {"name":"","description":"","input":{"path":"src/' +
  '{"type":"tool_result","tool_use_id":"toolu_","content":"     1\\t{"type":"text","text":"';

export const WIRE_WORDS = Buffer.from(`${PROSE}${CODE}${SHELL}${FIELDS}`);
