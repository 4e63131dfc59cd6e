using System.Text.Json;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Rest;

/// <summary>7.3 rows 21 to 28.</summary>
public sealed class PostRowTests : StandInTest
{
    [Fact]
    public async Task Row_21_the_author_is_the_caller_and_custom_types_are_allowed()
    {
        ApiAnswer post = (await As("alice").PostAsync("/posts?set_online=false", new { channel_id = TownSquare, user_id = Bob, type = "custom_calls", message = "call", props = new { start_at = 1, from_plugin = "true" } })).Is(201);

        Assert.Equal((Alice, "custom_calls", "call"), (post["user_id"], post["type"], post["message"]));
        Assert.Equal(1, post.Json.GetProperty("props").GetProperty("start_at").GetInt32());
        Assert.Equal(post["id"], Server.PostsIn(TownSquare).Single().GetProperty("id").GetString());
        Assert.Equal("true", (await AsBot().PostAsync("/posts", new { channel_id = TownSquare, type = "custom_calls_recording" })).Is(201).Json.GetProperty("props").GetProperty("from_bot").GetString());
    }

    [Theory]
    [InlineData("system_join_channel", 400, "api.context.invalid_param.app_error")]
    [InlineData("nonsense", 400, "model.post.is_valid.type.app_error")]
    public async Task Row_21_other_types_are_refused(string type, int status, string id) =>
        (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, type })).Refused(status, id);

    [Fact]
    public async Task Row_21_posting_needs_membership()
    {
        string secret = Server.AddChannel("secret", "P", Alice);

        (await As("bob").PostAsync("/posts", new { channel_id = secret, message = "x" })).Refused(403, "api.context.permissions.app_error");
        (await As("bob").PostAsync("/posts", new { channel_id = new string('z', 26), message = "x" })).Refused(403, "api.context.permissions.app_error");
        (await AsBot().PostAsync("/posts", new { channel_id = secret, message = "x" })).Is(201);
        (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = new string('x', 16384) })).Refused(400, "model.post.is_valid.message_length.app_error");
        (await As("alice").PostAsync("/posts", "no json")).Refused(400, "api.context.invalid_body_param.app_error");
    }

    [Fact]
    public async Task Row_21_replies_belong_to_a_root_of_the_same_channel()
    {
        ApiClient alice = As("alice");
        string root = (await alice.PostAsync("/posts", new { channel_id = TownSquare, message = "root" }))["id"];
        string reply = (await alice.PostAsync("/posts", new { channel_id = TownSquare, root_id = root, message = "reply" })).Is(201)["id"];

        (await alice.PostAsync("/posts", new { channel_id = TownSquare, root_id = reply, message = "x" })).Refused(400, "api.post.create_post.root_id.app_error");
        (await alice.PostAsync("/posts", new { channel_id = Server.Seed.OffTopicId, root_id = root, message = "x" })).Refused(500, "api.post.create_post.channel_root_id.app_error");
        Assert.Equal("1", (await alice.GetAsync($"/posts/{root}"))["reply_count"]);
    }

    [Fact]
    public async Task Row_21_a_pending_id_makes_a_retry_within_30_s_return_the_same_post()
    {
        var draft = new { channel_id = TownSquare, message = "x", pending_post_id = $"{Alice}:call" };
        string first = (await As("alice").PostAsync("/posts", draft)).Is(201)["id"];

        Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(first, (await As("alice").PostAsync("/posts", draft)).Is(201)["id"]);
        Assert.Single(Server.PostsIn(TownSquare));
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(first, (await As("alice").PostAsync("/posts", draft)).Is(201)["id"]);
    }

    [Fact]
    public async Task Row_21_a_pending_id_of_a_refused_post_can_be_used_again()
    {
        string archived = Server.AddChannel("archived", "O", Alice);
        Server.ArchiveChannel(archived);
        var draft = new { channel_id = archived, message = "x", pending_post_id = "p" };
        (await As("alice").PostAsync("/posts", draft)).Is(400);
        Server.RestoreChannel(archived);

        (await As("alice").PostAsync("/posts", draft)).Is(201);
    }

    [Fact]
    public async Task Row_21_only_an_administrator_may_set_the_time()
    {
        Assert.NotEqual("5", (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "x", create_at = 5 })).Is(201)["create_at"]);
        Assert.Equal("5", (await AsBot().PostAsync("/posts", new { channel_id = TownSquare, message = "x", create_at = 5 })).Is(201)["create_at"]);
    }

    [Fact]
    public async Task Row_22_a_post_is_404_once_deleted()
    {
        ApiClient alice = As("alice");
        string id = (await alice.PostAsync("/posts", new { channel_id = TownSquare, message = "x" }))["id"];

        Assert.Equal("x", (await AsBot().GetAsync($"/posts/{id}")).Is(200)["message"]);
        (await As("bob").DeleteAsync($"/posts/{id}")).Refused(403, "api.context.permissions.app_error");
        (await alice.DeleteAsync($"/posts/{id}")).Is(200);
        (await AsBot().GetAsync($"/posts/{id}")).Refused(404, "app.post.get.app_error");
        Assert.NotEqual(0, Server.GetPost(id)!.Value.GetProperty("delete_at").GetInt64());
    }

    [Fact]
    public async Task Row_23_a_patch_replaces_props_as_a_whole_and_marks_changed_messages()
    {
        string id = (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "x", props = new { a = 1, b = 2 } }))["id"];
        Time.Advance(TimeSpan.FromSeconds(1));

        ApiAnswer props = (await AsBot().PutAsync($"/posts/{id}/patch", new { props = new { c = 3 } })).Is(200);
        Assert.Equal(["c"], props.Json.GetProperty("props").EnumerateObject().Select(p => p.Name));
        Assert.Equal("0", props["edit_at"]);
        ApiAnswer message = (await AsBot().PutAsync($"/posts/{id}/patch", new { message = "y" })).Is(200);
        Assert.NotEqual("0", message["edit_at"]);
        Assert.Equal(["c"], message.Json.GetProperty("props").EnumerateObject().Select(p => p.Name));
        Assert.Equal(Alice, message["user_id"]);
    }

    [Fact]
    public async Task Row_23_posts_of_others_can_be_edited_by_administrators_only()
    {
        string id = (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "x", type = "custom_calls" }))["id"];

        (await As("bob").PutAsync($"/posts/{id}/patch", new { message = "y" })).Refused(403, "api.context.permissions.app_error");
        (await As("alice").PutAsync($"/posts/{id}/patch", new { message = "own" })).Is(200);
        (await AsBot().PutAsync($"/posts/{id}", new { id, message = "whole", props = new { } })).Is(200);
        (await AsBot().PutAsync($"/posts/{id}", new { id = "other", message = "whole" })).Refused(400, "api.context.invalid_body_param.app_error");
        (await AsBot().PutAsync($"/posts/{new string('z', 26)}/patch", new { message = "y" })).Refused(404, "app.post.get.app_error");
    }

    [Fact]
    public async Task Row_23_the_edit_time_limit_concerns_the_message_only_and_administrators_too()
    {
        string id = (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "x" }))["id"];
        Server.SetConfig("ServiceSettings", "PostEditTimeLimit", 60);
        Time.Advance(TimeSpan.FromSeconds(60));
        (await AsBot().PutAsync($"/posts/{id}/patch", new { message = "y" })).Is(200);
        Time.Advance(TimeSpan.FromSeconds(1));

        (await AsBot().PutAsync($"/posts/{id}/patch", new { message = "z", props = new { } })).Refused(400, "api.post.update_post.permissions_time_limit.app_error");
        (await AsBot().PutAsync($"/posts/{id}/patch", new { props = new { end_at = 1 } })).Is(200);
    }

    [Fact]
    public async Task Row_23_an_archived_channel_cannot_be_edited()
    {
        string channel = Server.AddChannel("archived", "O", Alice);
        string id = (await As("alice").PostAsync("/posts", new { channel_id = channel, message = "x" }))["id"];
        Server.ArchiveChannel(channel);

        (await AsBot().PutAsync($"/posts/{id}/patch", new { props = new { } })).Refused(400, "api.post.update_post.can_not_update_post_in_deleted.error");
    }

    [Fact]
    public async Task Row_24_ephemeral_posts_need_their_permission_and_are_kept_nowhere()
    {
        var body = new { user_id = Bob, post = new { channel_id = TownSquare, message = "psst" } };

        (await As("alice").PostAsync("/posts/ephemeral", body)).Refused(403, "api.context.permissions.app_error");
        ApiAnswer post = (await AsBot().PostAsync("/posts/ephemeral", body)).Is(201);
        Assert.Equal((Server.Seed.BotId, "system_ephemeral"), (post["user_id"], post["type"]));
        Assert.Empty(Server.PostsIn(TownSquare));
        (await AsBot().PostAsync("/posts/ephemeral", new { user_id = Bob })).Refused(400, "api.context.invalid_body_param.app_error");
        (await AsBot().PostAsync("/posts/ephemeral", new { post = new { } })).Refused(400, "api.context.invalid_body_param.app_error");
    }

    [Fact]
    public async Task Rows_25_to_27_an_upload_in_parts()
    {
        const int Part = 5 * 1024 * 1024;
        byte[] file = new byte[12 * 1024 * 1024];
        new Random(7).NextBytes(file);
        ApiClient bot = AsBot();
        ApiAnswer upload = (await bot.PostAsync("/uploads", new { channel_id = TownSquare, filename = "rec.mp4", file_size = file.Length })).Is(201);
        string path = $"/uploads/{upload["id"]}";

        (await bot.PostAsync(path, file[..Part])).Is(204);
        Assert.Equal($"{Part}", (await bot.GetAsync(path)).Is(200)["file_offset"]);
        (await bot.PostAsync(path, file[Part..(2 * Part)])).Is(204);
        ApiAnswer info = (await bot.PostAsync(path, file[(2 * Part)..])).Is(200);

        Assert.Equal(("rec.mp4", "mp4", $"{file.Length}"), (info["name"], info["extension"], info["size"]));
        Assert.Equal(file, (await As("alice").GetAsync($"/files/{info["id"]}")).Is(200).Body);
        ApiAnswer post = (await bot.PostAsync("/posts", new { channel_id = TownSquare, file_ids = new[] { info["id"] }, type = "custom_calls_recording" })).Is(201);
        Assert.Equal(info["id"], post.Json.GetProperty("file_ids")[0].GetString());
        (await bot.GetAsync(path)).Refused(404, "app.upload.get.app_error");
    }

    [Fact]
    public async Task Rows_25_to_27_refusals()
    {
        ApiClient bot = AsBot();
        Server.SetConfig("FileSettings", "MaxFileSize", 10_000_000);
        (await bot.PostAsync("/uploads", new { channel_id = TownSquare, filename = "a", file_size = 10_000_001 })).Refused(413, "api.upload.create.upload_too_large.app_error");
        (await bot.PostAsync("/uploads", new { channel_id = TownSquare, filename = "", file_size = 1 })).Refused(400, "model.upload_session.is_valid.filename.app_error");
        (await bot.PostAsync("/uploads", new { channel_id = TownSquare, filename = "a", file_size = 0 })).Refused(400, "model.upload_session.is_valid.file_size.app_error");
        (await As("bob").PostAsync("/uploads", new { channel_id = Server.AddChannel("secret", "P", Alice), filename = "a", file_size = 1 })).Refused(403, "api.context.permissions.app_error");

        string id = (await bot.PostAsync("/uploads", new { channel_id = TownSquare, filename = "a", file_size = 8_000_000 })).Is(201)["id"];
        (await bot.PostAsync($"/uploads/{id}", new byte[1_000_000])).Refused(400, "app.upload.upload_data.first_part_too_small.app_error");
        (await bot.PostAsync($"/uploads/{id}", new byte[8_000_001])).Refused(400, "app.upload.upload_data.invalid_content_length");
        (await As("sysadmin").PostAsync($"/uploads/{id}", new byte[8_000_000])).Refused(403, "api.upload.get_upload.forbidden.app_error");

        string small = (await bot.PostAsync("/uploads", new { channel_id = TownSquare, filename = "a.txt", file_size = 3 })).Is(201)["id"];
        (await bot.PostAsync($"/uploads/{small}", new byte[3])).Is(200);
    }

    [Fact]
    public async Task Row_28_small_files()
    {
        var form = new MultipartFormDataContent { { new StringContent(TownSquare), "channel_id" }, { new ByteArrayContent("WEBVTT"u8.ToArray()), "files", "t.vtt" } };
        JsonElement info = (await AsBot().SendAsync(new HttpRequestMessage(HttpMethod.Post, "") { Content = form }, "/files", null)).Is(201).Json.GetProperty("file_infos")[0];

        Assert.Equal("text/vtt", info.GetProperty("mime_type").GetString());
        Assert.Equal("WEBVTT", (await As("alice").GetAsync($"/files/{info.GetProperty("id").GetString()}")).Text);
        (await AsBot().PostAsync($"/files?channel_id={TownSquare}&filename=a.txt", "plain"u8.ToArray())).Is(201);
    }

    [Fact]
    public async Task Posts_of_a_channel_are_listed_newest_first()
    {
        ApiClient alice = As("alice");
        for (int i = 0; i < 3; i++)
        {
            await alice.PostAsync("/posts", new { channel_id = TownSquare, message = $"{i}" });
        }

        JsonElement list = (await As("bob").GetAsync($"/channels/{TownSquare}/posts?per_page=2")).Is(200).Json;

        string[] order = [.. list.GetProperty("order").EnumerateArray().Select(o => o.GetString()!)];
        Assert.Equal(["2", "1"], order.Select(o => list.GetProperty("posts").GetProperty(o).GetProperty("message").GetString()));
        Assert.NotEqual("", list.GetProperty("prev_post_id").GetString());
    }
}
