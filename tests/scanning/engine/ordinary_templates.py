"""Chat templates as models of all families have them: what they do is typical, the words are our own."""

ORDINARY: dict[str, str] = {
    "turns": "{% for message in messages %}{{ '<|' + message['role'] + '\n' + message['content'] + '<|end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}",
    "instructions": """{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}
{% set system = messages[0]['content'] %}
{% else %}{% set rest = messages %}{% set system = false %}{% endif %}
{% for message in rest %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must take turns.') }}{% endif %}
{% if loop.index0 == 0 and system != false %}
{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + message['content'] %}
{% else %}{% set content = message['content'] %}{% endif %}
{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}
{% endfor %}""",
    "tools": """{{- bos_token }}
{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{%- if tools is not none %}{%- for t in tools %}{{- t | tojson(indent=4) }}{{- "\\n\\n" }}{%- endfor %}{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|header|>' + message['role'] + '<|header_end|>\\n\\n' + message['content'] | trim + '<|eot|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}{{- raise_exception("One call at a time.") }}{%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {%- if builtin_tools is defined and tool_call.name in builtin_tools %}
            {%- for arg_name, arg_val in tool_call.arguments | items %}
                {{- arg_name + '="' + arg_val + '"' }}{%- if not loop.last %}{{- ", " }}{%- endif %}
            {%- endfor %}
        {%- else %}{{- tool_call.arguments | tojson }}{%- endif %}
    {%- elif message.content is mapping or message.content is iterable %}{{- message.content | tojson }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|header|>assistant<|header_end|>\\n\\n' }}{%- endif %}""",
    "thinking": """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string
        and not (message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- set reasoning_content = '' %}
    {%- if message.reasoning_content is string %}{%- set reasoning_content = message.reasoning_content %}
    {%- elif '</think>' in content %}
        {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {%- if loop.index0 > ns.last_query_index and (loop.last or reasoning_content) %}
        {{- '<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
    {%- else %}{{- content }}{%- endif %}
    {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}{{- '<|user|>' }}{%- endif %}
    {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|end|>\\n' }}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt and enable_thinking is defined and enable_thinking is false %}
    {{- '<think>\\n\\n</think>\\n\\n' }}
{%- endif %}""",
    "macros": """{%- macro type_of(spec) -%}
    {%- set basic = {"string": "str", "number": "float", "integer": "int", "boolean": "bool"} -%}
    {%- if basic[spec.type] is defined -%}{{- basic[spec.type] -}}
    {%- elif spec.type == "array" -%}{{- "list[" + type_of(spec['items']) + "]" -}}
    {%- elif spec.type == "object" -%}
        {%- if spec.additionalProperties is defined -%}{{- "dict[str, " + type_of(spec.additionalProperties) + ']' -}}
        {%- else -%}{{- "dict" -}}{%- endif -%}
    {%- elif spec.type is iterable and spec.type is not string -%}
        {{- "Union[" -}}
        {%- for t in spec.type -%}{{- type_of({"type": t}) -}}{%- if not loop.last -%}{{- "," -}}{%- endif -%}
        {%- endfor -%}{{- "]" -}}
    {%- else -%}{{- "Any" -}}{%- endif -%}
{%- endmacro -%}
{%- for tool in tools %}
    {%- if tool.function is defined %}{%- set tool = tool.function %}{%- endif %}
    {{- tool.name + "(" }}
    {%- for name, fields in tool.parameters.properties|dictsort %}
        {{- name + ": " + type_of(fields) }}{%- if not loop.last %}{{- ", " }}{%- endif %}
    {%- endfor %}
    {{- ")" }}
    {%- for key in tool.parameters.required %}{{- tool.parameters.properties[key].description }}{%- endfor %}
{%- endfor %}
{%- for message in messages %}{{- message.content }}{%- endfor %}""",
    "marked": """{%- for message in messages -%}
{%- if message.role == 'assistant' -%}{% generation %}{{ message.content }}{{ eos_token }}{% endgeneration %}
{%- else -%}{{ message.content }}{%- endif -%}
{%- endfor -%}""",
    "alternating": """{%- set loop_messages = messages | rejectattr("role", "equalto", "system") | list %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set names = tools | map(attribute='name') | join(', ') %}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" and (message == user_messages[-1]) %}{{- "[TOOLS] " ~ names ~ message["content"] }}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}{{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length < 9 %}
                {{- raise_exception("Ids are long.") }}{%- endif %}
            {{- ', "id": "' + tool_call.id[-9:] + '"}' }}
        {%- endfor %}
    {%- else %}{{- message["content"]|string|upper|replace("\\n", " ") }}{%- endif %}
    {%- if loop.index0 is even %}{%- continue %}{%- endif %}
    {%- if loop.index > 100 %}{%- break %}{%- endif %}
{%- endfor %}""",
    "pictures": """{% set image_count = namespace(value=0) %}
{% for message in messages %}{% if message['content'] is string %}{{ message['content'] }}{% else %}
{% for content in message['content'] %}
{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}
{% set image_count.value = image_count.value + 1 %}
{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|image|>
{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}{% endfor %}""",
    "documents": """{% for document in documents %}{{ "\\nDocument: " }}{{ loop.index0 }}
{% for key, value in document.items() %}{{ key|title }}: {{ value }}{% endfor %}{% endfor %}
{%- for message in messages -%}{{ '%s: %s' | format(message.role, message.content) }}
{{ '%s' % message.content }}{%- endfor -%}
{{ messages|length }}{{ (messages|last).content|default('', true)|indent(4) }}""",
    "blocks": """{%- macro render(message) %}{{ caller() }}{{ message.content | trim }}{% endmacro %}
{%- for message in messages %}{% call render(message) %}<|{{ message.role }}|>{% endcall %}{% endfor %}
{%- set header %}<|system|>{{ system_message | default('You help.') }}{% endset %}{{ header }}
{%- filter trim %} x {% endfilter %}{%- with name = 'x' %}{{ name }}{% endwith %}
{%- for message in messages if message.role != 'system' %}{{ loop.cycle('a', 'b') }}{% else %}nobody{% endfor %}""",
}
