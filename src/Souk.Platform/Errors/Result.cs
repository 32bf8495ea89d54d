using System.Diagnostics.CodeAnalysis;

namespace Souk.Platform.Errors;

/// <summary>What a contract or a step answers when "no" is an expected answer: a value, or the error.</summary>
public readonly struct Result<T>
{
    readonly T? value;

    Result(T? value, Error? error) => (this.value, Error) = (value, error);

    /// <summary>Null exactly when there is a value.</summary>
    public Error? Error { get; }

    /// <summary>True with the error when it is a "no", else false with the value.</summary>
    public bool Refused([NotNullWhen(true)] out Error? error, [MaybeNullWhen(true)] out T answer)
    {
        (error, answer) = (Error, value);
        return error is not null;
    }

    public static implicit operator Result<T>(T value) => new(value, null);
    public static implicit operator Result<T>(Error error) => new(default, error);
}
