using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Souk.Platform.Cache;
using Souk.Platform.Http.Revisions;
using Souk.Platform.Idempotency;
using Souk.Platform.Pagination;

namespace Souk.Host.OpenApi;

/// <summary>
/// The OpenAPI 3.1 document of everything under <c>/v1</c>, made of what the code says: routes, signatures and docstrings of handlers, the types they read and
/// write. <c>souk openapi</c> writes it to docs/openapi/v1.json; the program serves that file, and a test holds the two together.
/// </summary>
internal sealed class ApiDocument
{
    static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    readonly Prose prose = new(Modules.All.Select(m => m.GetType().Assembly).Append(typeof(Json).Assembly).Append(typeof(Contracts.ICatalog).Assembly));
    readonly Schemas schemas;
    readonly IReadOnlyList<JsonNode> examples;

    ApiDocument(IReadOnlyList<JsonNode> examples) => (schemas, this.examples) = (new(prose), examples);

    /// <summary>The whole document as text.</summary>
    /// <param name="endpoints">Those of the application; what is not under <c>/v1</c> is left out.</param>
    /// <param name="examples">Recorded requests and answers: docs/openapi/examples.json.</param>
    public static string Of(IEnumerable<Endpoint> endpoints, JsonArray examples) => new ApiDocument([.. examples.Select(e => e!)]).Write(endpoints);

    /// <summary>The document of this build; touches no database.</summary>
    public static string OfThisBuild(JsonArray examples)
    {
        var keys = Directory.CreateTempSubdirectory("souk-openapi-");
        try
        {
            var app = Shop.Build(new() { ConnectionString = "Host=localhost", KeysFolder = keys.FullName });
            return Of(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints), examples);
        }
        finally
        {
            keys.Delete(recursive: true);
        }
    }

    string Write(IEnumerable<Endpoint> endpoints)
    {
        JsonObject paths = [];
        SortedSet<string> tags = new(StringComparer.Ordinal);
        foreach (var path in endpoints.OfType<RouteEndpoint>().Where(e => e.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal))
            .GroupBy(e => e.RoutePattern.RawText!).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            JsonObject item = [];
            foreach (var (method, endpoint) in path.SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods, (e, method) => (method, e))
                .OrderBy(p => p.method, StringComparer.Ordinal))
            {
                var operation = OperationOf(endpoint);
                tags.Add((string)operation["tags"]![0]!);
                item[method.ToLowerInvariant()] = operation;
            }
            paths[path.Key] = item;
        }
        var document = new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Souk", ["version"] = Revision.Newest.Name, ["description"] = $"{Introduction}\n\n{Revisions}",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "This shop" }),
            ["tags"] = new JsonArray([.. tags.Select(tag => new JsonObject { ["name"] = tag })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = With(schemas.Components, "Problem", Problems.Schema()),
                ["responses"] = new JsonObject { ["Problem"] = Problems.ResponseOf("What was wrong and what to do about it; `code` says which. Every code: docs/problems.md.") },
                ["headers"] = new JsonObject
                {
                    ["ETag"] = Header("The version of what was answered: send it as If-Match to change it, as If-None-Match to read it only when it is another."),
                    ["Location"] = Header("Where what was made can be read."),
                    ["IdempotentReplayed"] = Header("`true` when this key had its effect before and the first answer is repeated."),
                    ["Link"] = Header("The next and previous page (RFC 8288)."),
                },
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT",
                        ["description"] = "The accessToken of `POST /v1/sessions`; where staff may call, also an API key (`souk_key_…`)." },
                    ["cookie"] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = "__Host-souk", 
                        ["description"] = "Of `mode: \"cookie\"`; unsafe methods also need the header Souk-Csrf-Token." },
                },
            },
        };
        return document.ToJsonString(Written) + "\n";
    }

    const string Introduction = """
        Conventions that hold everywhere: amounts are whole minor units of ISO 4217; times are RFC 3339 in UTC; absent and null mean the same, except that null clears in a merge patch;
        unknown members of a request are refused; lists page by `limit` and `cursor`; what moves money or stock takes an `Idempotency-Key`; every refusal is a problem of RFC 9457 with a stable `code`.
        `Souk-Version` names the dated revision a client was written for; answers say the one that was used.
        """;

    /// <summary>What <c>Link: rel="deprecation"</c> leads to.</summary>
    static string Revisions => string.Join("\n", Revision.All.Reverse().Select(revision => $"- `{revision.Name}`: {revision.Change}"));

    JsonObject OperationOf(RouteEndpoint endpoint)
    {
        var handler = endpoint.Metadata.GetMetadata<MethodInfo>() ?? throw new InvalidOperationException($"{endpoint.DisplayName} is mapped to no method.");
        var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;
        var said = prose.Of(handler.DeclaringType!) ?? throw new InvalidOperationException($"{name} has no docstring.");
        var (summary, description) = Head(said.Summary, said.Remarks);
        JsonObject operation = new()
        {
            ["operationId"] = char.ToLowerInvariant(name[0]) + name[1..], ["tags"] = new JsonArray(handler.DeclaringType!.Namespace!.Split('.')[^1]),
            ["summary"] = summary, ["description"] = description,
        };
        var (parameters, body) = ParametersOf(endpoint, handler);
        if (parameters.Count > 0) operation["parameters"] = parameters;
        var recorded = examples.Where(example => (string)example["operation"]! == name).ToList();
        if (body is not null) operation["requestBody"] = BodyOf(endpoint, body, recorded);
        operation["responses"] = ResponsesOf(endpoint, handler, $"{said.Summary} {said.Remarks}", recorded);
        operation["security"] = SecurityOf(endpoint, handler);
        if (endpoint.Metadata.GetMetadata<Permission>() is { } needed)
            (operation["description"], operation["x-permission"]) = ($"{description}\n\nTakes the permission `{needed}`.", needed.Name);
        if (endpoint.Metadata.GetOrderedMetadata<Translation>() is { Count: > 0 } translations)
            operation["x-changed-in"] = new JsonArray([.. translations.Select(t => t.Since.Name).Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]);
        return operation;
    }

    /// <summary>The docstring of an operation begins with its route, which the document shows by itself.</summary>
    static (string Summary, string Description) Head(string summary, string? remarks)
    {
        var text = summary.StartsWith('`') && summary.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon ? summary[(colon + 2)..] : summary;
        text = char.ToUpperInvariant(text[0]) + text[1..];
        var end = text.IndexOf(". ", StringComparison.Ordinal);
        return ((end < 0 ? text : text[..end]).TrimEnd('.'), remarks is null ? text : $"{text}\n\n{remarks}");
    }

    (JsonArray Parameters, Type? Body) ParametersOf(RouteEndpoint endpoint, MethodInfo handler)
    {
        JsonArray all = [];
        Type? body = null;
        foreach (var parameter in handler.GetParameters())
        {
            var (name, type, isOptional) = (parameter.Name!, parameter.ParameterType, parameter.IsDefined(typeof(OptionalHeaderAttribute)));
            if (endpoint.RoutePattern.Parameters.Any(p => p.Name == name)) 
                all.Add(Parameter("path", name, schemas.Of(type), name == "product" ? "The id or the slug." : null, required: true));
            else if (parameter.GetCustomAttributes().OfType<IFromHeaderMetadata>().FirstOrDefault() is { } header) 
                all.Add(Parameter("header", header.Name!, schemas.Of(type), HeaderSays(header.Name!)));
            else if (type == typeof(IdempotencyKey)) 
                all.Add(Parameter("header", IdempotencyKey.Header, new() { ["type"] = "string", ["minLength"] = IdempotencyKey.LengthMin, ["maxLength"] = IdempotencyKey.LengthMax },
                    "A random name of this intention, a UUID say: send the same one when you try again.", required: !isOptional));
            else if (type == typeof(IfMatch)) 
                all.Add(Parameter("header", "If-Match", new() { ["type"] = "string" }, "The ETag of the version you read.", required: !isOptional));
            else if (type == typeof(PageRequest))
            {
                all.Add(Parameter("query", "limit", new() { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = PageRequest.LimitMax, ["default"] = PageRequest.LimitDefault }, "Items of a page."));
                all.Add(Parameter("query", "cursor", new JsonObject { ["type"] = "string" }, "nextCursor or previousCursor of a page of this list."));
            }
            else if (name == "request") body = type;
            else if (Nullable.GetUnderlyingType(type) is not null || type == typeof(string)) 
                all.Add(Parameter("query", name, schemas.Of(type), parameter.GetCustomAttribute<DescriptionAttribute>()?.Description));
        }
        foreach (var member in endpoint.Metadata.GetOrderedMetadata<QueryMember>())
        {
            var schema = schemas.Of(member.Type);
            if (member.OneOf is { } values) schema["enum"] = new JsonArray([.. values.Select(v => member.Type == typeof(bool) ? (JsonNode)bool.Parse(v) : v)]);
            all.Add(Parameter("query", member.Name, schema, member.Description));
        }
        return (all, body);
    }

    static JsonObject Parameter(string place, string name, JsonObject schema, string? description, bool required = false)
    {
        JsonObject parameter = new() { ["name"] = name, ["in"] = place };
        if (description is not null) parameter["description"] = description;
        if (required) parameter["required"] = true;
        parameter["schema"] = schema;
        return parameter;
    }

    static string? HeaderSays(string name) => name switch
    {
        "Souk-Cart-Token" => "The cartToken a guest was given with the cart.",
        "Souk-Order-Token" => "The orderToken a guest was given with the order.",
        "Last-Event-ID" => "The id of the last event that was seen: goes on after it.",
        _ => null,
    };

    JsonObject BodyOf(RouteEndpoint endpoint, Type type, List<JsonNode> recorded)
    {
        var isPatch = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("PATCH");
        return new()
        {
            // A body may be left out only where the handler says so, by a parameter that can be null.
            ["required"] = !(endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.IsOptional ?? false),
            ["content"] = new JsonObject { [isPatch ? "application/merge-patch+json" : "application/json"] = Media(schemas.Of(type, isRequest: true), recorded, "request") },
        };
    }

    static JsonObject Media(JsonObject schema, IEnumerable<JsonNode> recorded, string part)
    {
        JsonObject media = new() { ["schema"] = schema };
        var shown = recorded.Where(example => example[part] is not null).ToList();
        if (shown.Count > 0)
            media["examples"] = new JsonObject(shown.Select(example => KeyValuePair.Create<string, JsonNode?>(NameOf(example), new JsonObject { ["value"] = example[part]!.DeepClone() })));
        return media;

        // A name of a component is made of letters, digits and hyphens; so are these.
        static string NameOf(JsonNode example) => string.Join('-', ((string)example["name"]!).Split([' ', ',', '.', '\''], StringSplitOptions.RemoveEmptyEntries));
    }

    static IEnumerable<JsonNode> Answering(List<JsonNode> recorded, int status) => recorded.Where(example => (int)example["status"]! == status);

    JsonObject ResponsesOf(RouteEndpoint endpoint, MethodInfo handler, string said, List<JsonNode> recorded)
    {
        SortedDictionary<string, JsonNode?> responses = new(StringComparer.Ordinal);
        foreach (var result in ResultsOf(handler.ReturnType))
            foreach (var (status, response) in Success(result, recorded)) responses[status] = response;
        if (handler.GetParameters().Any(p => p.ParameterType == typeof(IdempotencyKey)))
            foreach (var response in responses.Values.Where(r => r!["content"] is not null)) Headers(response!)["Idempotent-Replayed"] = HeaderReference("IdempotentReplayed");

        var problems = Prose.Problems(said).ToList();
        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null) problems.Add((401, "not_signed_in"));
        if (endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is not null) problems.Add((403, "not_allowed"));
        foreach (var parameter in handler.GetParameters().Where(p => p.ParameterType == typeof(IfMatch)))
        {
            problems.Add((412, "version_mismatch"));
            if (!parameter.IsDefined(typeof(OptionalHeaderAttribute))) problems.Add((428, "precondition_required"));
        }
        foreach (var status in problems.Distinct().GroupBy(p => p.Status, p => p.Code))
            responses[status.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)] = Problems.ResponseOf(string.Join(", ", status.Select(code => $"`{code}`")),
                Answering(recorded, status.Key).FirstOrDefault()?["answer"]);
        responses["default"] = new JsonObject { ["$ref"] = Problems.Response };
        return new(responses);
    }

    static IEnumerable<Type> ResultsOf(Type type)
    {
        if (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))) type = type.GetGenericArguments()[0];
        return type.FullName!.StartsWith("Microsoft.AspNetCore.Http.HttpResults.Results`", StringComparison.Ordinal) ? type.GetGenericArguments() : [type];
    }

    /// <summary>What the success of a result type looks like; nothing for an <see cref="Error"/>.</summary>
    IEnumerable<(string Status, JsonObject Response)> Success(Type result, List<JsonNode> recorded)
    {
        var shown = result.IsGenericType ? result.GetGenericArguments()[0] : null;
        var kind = result.IsGenericType ? result.GetGenericTypeDefinition() : result;
        if (kind == typeof(Ok<>)) yield return ("200", Answer("It is so.", shown!, Answering(recorded, 200)));
        else if (kind == typeof(DocumentAnswer<>))
        {
            var answer = Answer("It is so.", shown!, Answering(recorded, 200));
            Headers(answer)["ETag"] = HeaderReference("ETag");
            yield return ("200", answer);
            yield return ("304", NotModified());
        }
        else if (kind == typeof(Created<>) || kind == typeof(Accepted<>))
        {
            var answer = Answer(kind == typeof(Created<>) ? "It was made." : "It will be done.", shown!, Answering(recorded, kind == typeof(Created<>) ? 201 : 202));
            Headers(answer)["Location"] = HeaderReference("Location");
            yield return (kind == typeof(Created<>) ? "201" : "202", answer);
        }
        else if (result == typeof(NoContent)) yield return ("204", new() { ["description"] = "Done; there is nothing to show." });
        else if (result == typeof(StatusCodeHttpResult)) yield return ("304", NotModified());
        else if (result == typeof(FileContentHttpResult))
        {
            yield return ("200", new() { ["description"] = "The bytes.", ["content"] = new JsonObject { ["image/*"] = new JsonObject() } });
            yield return ("304", NotModified());
        }
        else if (result == typeof(FileStreamHttpResult))
            yield return ("200", new() { ["description"] = "The file.", ["content"] = new JsonObject { ["text/csv"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } } } });
        else if (result == typeof(EmptyHttpResult))
            yield return ("200", new()
            {
                ["description"] = "Events, as they happen.",
                ["content"] = new JsonObject { ["text/event-stream"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } } },
            });
        else if (result != typeof(Error)) throw new InvalidOperationException($"What {result} answers is not known: teach it here.");
    }

    static JsonObject NotModified() => new() { ["description"] = "You have it already: your If-None-Match is its ETag." };

    JsonObject Answer(string description, Type type, IEnumerable<JsonNode> recorded)
    {
        JsonObject response = new() { ["description"] = description, ["content"] = new JsonObject { ["application/json"] = Media(schemas.Of(type), recorded, "answer") } };
        if (type.GetProperty("Version") is not null) Headers(response)["ETag"] = HeaderReference("ETag");
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Page<>)) Headers(response)["Link"] = HeaderReference("Link");
        return response;
    }

    static JsonObject Headers(JsonNode response)
    {
        if (response["headers"] is not JsonObject headers) response["headers"] = headers = [];
        return headers;
    }

    static JsonObject HeaderReference(string name) => new() { ["$ref"] = $"#/components/headers/{name}" };

    static JsonObject Header(string description) => new() { ["description"] = description, ["schema"] = new JsonObject { ["type"] = "string" } };

    static JsonArray SecurityOf(RouteEndpoint endpoint, MethodInfo handler)
    {
        var isOpen = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        if (isOpen && endpoint.Metadata.GetMetadata<ReadsSignIn>() is null && !handler.GetParameters().Any(p => p.ParameterType == typeof(Caller))) return [];
        JsonArray ways = [new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["cookie"] = new JsonArray() }];
        if (isOpen) ways.Add(new JsonObject());
        return ways;
    }

    static JsonObject With(JsonObject all, string name, JsonNode value)
    {
        all[name] = value;
        return all;
    }
}
