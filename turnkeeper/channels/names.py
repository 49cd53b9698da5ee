"""What people call a channel."""

from __future__ import annotations

# The ids are those of botframework.connector.Channels and of the Azure Bot Service's channels.
_NAMES = {
    "alexa": "Amazon Alexa",
    "console": "Console",
    "cortana": "Cortana",
    "directline": "Direct Line",
    "directlinespeech": "Direct Line Speech",
    "email": "Email",
    "emulator": "Bot Framework Emulator",
    "facebook": "Facebook Messenger",
    "groupme": "GroupMe",
    "kik": "Kik",
    "line": "LINE",
    "msteams": "Microsoft Teams",
    "outlook": "Microsoft Outlook",
    "skype": "Skype",
    "skypeforbusiness": "Skype for Business",
    "slack": "Slack",
    "sms": "SMS",
    "telegram": "Telegram",
    "telephony": "Telephony",
    "test": "Test",
    "twilio-sms": "Twilio SMS",
    "webchat": "Web Chat",
}
_LONGEST_ID = 60


def channel_name(channel_id: object) -> str:
    """Return a channel's name with its id in brackets: "Microsoft Teams (msteams)".

    A channel that has no name here is shown by its id alone.

    :param channel_id: ``channelId`` of an activity, of any type.
    """
    if not isinstance(channel_id, str):
        return "unknown"
    name = _NAMES.get(channel_id.casefold())
    if name:
        return f"{name} ({channel_id})"
    return "".join(filter(str.isprintable, channel_id))[:_LONGEST_ID].strip() or "unknown"
